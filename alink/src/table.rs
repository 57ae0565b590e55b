//! The topic table: every built-in topic with its direction, reply and method.
//!
//! Read in all directions: topic to [`Kind`], kind to topic, kind to method, and in
//! the [`access`](crate::access) rules. The rows follow the vendor's topic list, section by section.

/// Which way a message travels, seen from the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Direction {
    /// The device publishes the request.
    Up,
    /// The device receives the request.
    Down,
    /// Either side may begin.
    Both,
}

/// Where the names of the device stand in the topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// `/sys/{pk}/{dn}/…`
    Sys,
    /// `/ext/session/{pk}/{dn}/…`
    Session,
    /// `/ext/ntp/{pk}/{dn}/…`
    Ntp,
    /// `/ext/error/{pk}/{dn}`
    Error,
    /// `/ota/device/…/{pk}/{dn}`
    Ota,
    /// `/shadow/…/{pk}/{dn}`
    Shadow,
    /// `/broadcast/{pk}/…`
    Broadcast,
    /// `/ext/network/probe/{mid}`
    Probe,
    /// `/{pk}/{dn}/…`
    Custom,
}

/// Where the answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplyTo {
    /// The topic with `_reply` behind it.
    Suffix,
    /// The very same topic.
    Same,
    /// Another suffix in the same family.
    Other(&'static str),
    /// Nowhere.
    Nowhere,
}

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) family: Family,
    /// Behind the names; `{}` is the part of it that varies.
    pub(crate) suffix: &'static str,
    /// What stands before and behind the part that varies, if one does.
    pub(crate) affixes: Option<(&'static str, &'static str)>,
    pub(crate) direction: Direction,
    pub(crate) reply: ReplyTo,
    /// The platform subscribes for the device.
    pub(crate) auto: bool,
    /// The `method` of the envelope, where it has one: before and behind the part that varies.
    pub(crate) method: Option<(&'static str, &'static str)>,
    /// Whether senders put `"version"` into the envelope.
    pub(crate) version: bool,
}

macro_rules! kinds {
    ($($kind:ident: $family:ident $suffix:literal $direction:ident $reply:expr, $auto:literal, $version:literal, $method:literal, $about:literal;)*) => {
        /// What a topic is for: one variant for each row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Kind {
            $(#[doc = $about] $kind,)*
        }

        impl Kind {
            /// All kinds, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$kind),*];
        }

        const ROWS: &[Row] = &[$(Row {
            family: Family::$family,
            suffix: $suffix,
            affixes: cut($suffix),
            direction: Direction::$direction,
            reply: $reply,
            auto: $auto,
            method: if $method.is_empty() { None } else { Some(both($method)) },
            version: $version,
        },)*];
    };
}

use ReplyTo::{Nowhere, Other, Same, Suffix};

// kind: family suffix, direction, reply, subscribed automatically, version in the envelope, method, purpose
kinds! {
    PropertyPost: Sys "thing/event/property/post" Up Suffix, true, true, "thing.event.property.post", "Properties of the device.";
    PropertyPack: Sys "thing/event/property/pack/post" Up Suffix, true, true, "thing.event.property.pack.post", "Properties and events, with those of children.";
    PropertyBatch: Sys "thing/event/property/batch/post" Up Suffix, true, true, "thing.event.property.batch.post", "Several points of each property.";
    PropertyHistory: Sys "thing/event/property/history/post" Up Suffix, true, true, "thing.event.property.history.post", "Points that do not move the latest value.";
    Event: Sys "thing/event/{}/post" Up Suffix, true, true, "thing.event.{}.post", "An event; its identifier varies.";
    PropertySet: Sys "thing/service/property/set" Down Suffix, true, true, "thing.service.property.set", "New values for properties.";
    PropertyGet: Sys "thing/service/property/get" Down Suffix, true, true, "thing.service.property.get", "A question for values (legacy).";
    Service: Sys "thing/service/{}" Down Suffix, true, true, "thing.service.{}", "A service call; its identifier varies.";
    DesiredGet: Sys "thing/property/desired/get" Up Suffix, true, true, "thing.property.desired.get", "A question for desired values.";
    DesiredDelete: Sys "thing/property/desired/delete" Up Suffix, true, true, "thing.property.desired.delete", "Removal of desired values.";
    RawUp: Sys "thing/model/up_raw" Up Suffix, true, false, "", "A binary message for the product's script.";
    RawDown: Sys "thing/model/down_raw" Down Suffix, true, false, "", "A binary message from the product's script.";
    SubRegister: Sys "thing/sub/register" Up Suffix, true, true, "thing.sub.register", "Registration of children.";
    SubUnregister: Sys "thing/sub/unregister" Up Suffix, true, true, "thing.sub.unregister", "Unregistration of children.";
    ProductRegister: Sys "thing/proxy/provisioning/product_register" Up Suffix, true, true, "", "Registration of children by product secret.";
    TopoAdd: Sys "thing/topo/add" Up Suffix, true, true, "thing.topo.add", "Children to bind to the gateway.";
    TopoDelete: Sys "thing/topo/delete" Up Suffix, true, true, "thing.topo.delete", "Children to unbind.";
    TopoGet: Sys "thing/topo/get" Up Suffix, true, true, "thing.topo.get", "A question for the bound children.";
    TopoAddNotify: Sys "thing/topo/add/notify" Down Suffix, false, true, "thing.topo.add.notify", "A wish that the gateway binds children.";
    TopoChange: Sys "thing/topo/change" Down Suffix, true, true, "thing.topo.change", "News of the topology.";
    ListFound: Sys "thing/list/found" Up Suffix, false, true, "thing.list.found", "Children the gateway has discovered.";
    GatewayPermit: Sys "thing/gateway/permit" Down Suffix, true, true, "thing.gateway.permit", "A window for pairing.";
    Disable: Sys "thing/disable" Down Suffix, false, true, "thing.disable", "The device is disabled.";
    Enable: Sys "thing/enable" Down Suffix, false, true, "thing.enable", "The device is enabled again.";
    Delete: Sys "thing/delete" Down Suffix, false, true, "thing.delete", "The device is deleted.";
    Login: Session "combine/login" Up Suffix, true, false, "", "A child goes online.";
    Logout: Session "combine/logout" Up Suffix, true, false, "", "A child goes offline.";
    BatchLogin: Session "combine/batch_login" Up Suffix, true, true, "", "Children go online.";
    BatchLogout: Session "combine/batch_logout" Up Suffix, true, true, "", "Children go offline.";
    ChildError: Error "" Down Nowhere, true, false, "", "A child may not do what was tried for it.";
    OtaInform: Ota "inform" Up Nowhere, false, false, "", "The version of a module.";
    OtaUpgrade: Ota "upgrade" Down Nowhere, true, false, "", "A package to install.";
    OtaProgress: Ota "progress" Up Nowhere, false, false, "", "How far the upgrade has come.";
    OtaRequest: Ota "request" Both Nowhere, true, false, "", "A question for a package (legacy).";
    FirmwareGet: Sys "thing/ota/firmware/get" Up Suffix, false, true, "thing.ota.firmware.get", "A question for a package.";
    FileDownload: Sys "thing/file/download" Up Suffix, false, true, "", "A question for a block of a file; the reply is binary.";
    FileUploadInit: Sys "thing/file/upload/mqtt/init" Up Suffix, false, false, "", "A file to come.";
    FileUploadSend: Sys "thing/file/upload/mqtt/send" Up Suffix, false, false, "", "A block of a file; binary.";
    FileUploadCancel: Sys "thing/file/upload/mqtt/cancel" Up Suffix, false, false, "", "A file that will not come.";
    ConfigGet: Sys "thing/config/get" Up Suffix, true, true, "thing.config.get", "A question for the remote configuration.";
    ConfigPush: Sys "thing/config/push" Down Suffix, true, true, "thing.config.push", "A new remote configuration.";
    ModelConfigPush: Sys "thing/model/config/push" Down Nowhere, false, true, "thing.model.config.push", "A new driver configuration for a gateway.";
    TagUpdate: Sys "thing/deviceinfo/update" Up Suffix, true, true, "thing.deviceinfo.update", "Tags to set.";
    TagGet: Sys "thing/deviceinfo/get" Up Suffix, true, true, "thing.deviceinfo.get", "A question for tags.";
    TagDelete: Sys "thing/deviceinfo/delete" Up Suffix, true, true, "thing.deviceinfo.delete", "Tags to remove.";
    LogConfigGet: Sys "thing/config/log/get" Up Suffix, false, true, "thing.config.log.get", "A question for the log configuration.";
    LogConfigPush: Sys "thing/config/log/push" Down Nowhere, false, true, "thing.config.log.push", "A new log configuration.";
    LogPost: Sys "thing/log/post" Up Suffix, false, true, "thing.log.post", "Log lines.";
    Ntp: Ntp "request" Up Other("response"), true, false, "", "A question for the time.";
    Shadow: Shadow "update" Up Other("get"), true, false, "", "The device shadow; all answers and pushes come on the reply topic.";
    Rrpc: Sys "rrpc/request/{}" Down Other("rrpc/response/{}"), true, false, "", "A synchronous call; its message id varies.";
    Broadcast: Broadcast "{}" Down Nowhere, false, false, "", "A broadcast to subscribers.";
    BroadcastOnline: Sys "broadcast/request/{}" Down Nowhere, true, false, "", "A broadcast to all devices online; its message id varies.";
    JobNotify: Sys "thing/job/notify" Down Suffix, true, true, "thing.job.notify", "A job for the device.";
    JobGet: Sys "thing/job/get" Up Suffix, true, true, "thing.job.get", "A question for jobs.";
    JobUpdate: Sys "thing/job/update" Up Suffix, true, true, "thing.job.update", "How a job fares.";
    Diagnosis: Sys "_thing/diag/post" Up Suffix, false, true, "", "Quality of the network.";
    InternalNotify: Sys "_thing/event/notify" Down Suffix, true, true, "_thing.event.notify", "An internal notification.";
    InternalService: Sys "_thing/service/post" Up Suffix, true, true, "_thing.service.post", "An internal service of the platform.";
    TslGet: Sys "thing/dsltemplate/get" Up Suffix, true, true, "thing.dsltemplate.get", "A question for the thing model.";
    DynamicTslGet: Sys "thing/dynamicTsl/get" Up Suffix, true, true, "thing.dynamicTsl.get", "A question for parts of the thing model.";
    BootstrapNotify: Sys "thing/bootstrap/notify" Down Suffix, true, true, "thing.bootstrap.notify", "A wish that the device connects elsewhere.";
    BootstrapConfigPush: Sys "thing/bootstrap/config/push" Down Suffix, true, true, "thing.bootstrap.config.push", "Where to connect.";
    Reset: Sys "thing/reset" Up Suffix, true, true, "thing.reset", "The device was reset and is to be unbound.";
    LanPrefixGet: Sys "thing/lan/prefix/get" Both Suffix, true, true, "thing.lan.prefix.get", "Local control: a question for the key prefix.";
    LanPrefixUpdate: Sys "thing/lan/prefix/update" Both Suffix, true, true, "thing.lan.prefix.update", "Local control: a new key prefix.";
    LanBlacklistUpdate: Sys "thing/lan/blacklist/update" Both Suffix, true, true, "thing.lan.blacklist.update", "Local control: who is shut out.";
    CipherGet: Sys "thing/cipher/get" Both Suffix, true, true, "thing.cipher.get", "Local control: a question for the cipher.";
    EnrolleeMatch: Sys "thing/awss/enrollee/match" Both Suffix, true, true, "thing.awss.enrollee.match", "Wi-Fi provisioning: matching of a newcomer.";
    EnrolleeCheckin: Sys "thing/awss/enrollee/checkin" Both Suffix, true, true, "thing.awss.enrollee.checkin", "Wi-Fi provisioning: check-in of a newcomer.";
    EnrolleeFound: Sys "thing/awss/enrollee/found" Both Suffix, true, true, "thing.awss.enrollee.found", "Wi-Fi provisioning: a newcomer was seen.";
    SwitchAp: Sys "thing/awss/device/switchap" Both Suffix, true, true, "thing.awss.device.switchap", "Wi-Fi provisioning: another access point.";
    DebugSwitch: Sys "edge/debug/switch" Both Suffix, false, false, "", "Remote login: on or off.";
    TunnelNotify: Sys "secure_tunnel/notify" Down Nowhere, false, false, "", "Remote login: a tunnel to open.";
    TunnelRequest: Sys "secure_tunnel/proxy/request" Up Other("secure_tunnel/proxy/request_reply"), false, false, "", "Remote login: a question for tunnels.";
    Probe: Probe "{}" Both Same, true, false, "", "A link probe; its message id varies.";
    Custom: Custom "{}" Both Nowhere, false, false, "", "A topic class of the product's own.";
}

impl Kind {
    pub(crate) const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// Which way the request travels.
    #[must_use]
    pub const fn direction(self) -> Direction {
        self.row().direction
    }

    /// Whether the message is answered at all (if it asks to be).
    #[must_use]
    pub const fn has_reply(self) -> bool {
        !matches!(self.row().reply, Nowhere)
    }

    /// Whether the platform subscribes for devices that ask it to (`_ss=1` in the client id).
    #[must_use]
    pub const fn is_auto_subscribed(self) -> bool {
        self.row().auto
    }

    /// Whether part of the topic varies: an identifier, a message id, or the rest of it.
    #[must_use]
    pub const fn varies(self) -> bool {
        self.affixes().is_some()
    }

    /// What stands before and behind the part that varies.
    pub(crate) const fn affixes(self) -> Option<(&'static str, &'static str)> {
        self.row().affixes
    }
}

/// The two sides of `{}`, or all and nothing.
pub(crate) const fn both(template: &'static str) -> (&'static str, &'static str) {
    match cut(template) {
        Some(sides) => sides,
        None => (template, ""),
    }
}

/// The two sides of `{}`.
const fn cut(template: &str) -> Option<(&str, &str)> {
    let bytes = template.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'{' {
            let (before, rest) = template.split_at(at);
            return Some((before, rest.split_at(2).1));
        }
        at += 1;
    }
    None
}

/// The kind whose fixed suffix this is, and whether it is the suffix of the reply.
pub(crate) fn look_up(family: Family, suffix: &str) -> Option<(Kind, bool)> {
    let mut slot = slot_of(suffix.as_bytes());
    loop {
        let (kind, is_reply) = INDEX.get(slot).copied().flatten()?;
        let row = kind.row();
        let known = match row.reply {
            Other(reply) if is_reply => reply,
            _ => row.suffix,
        };
        if row.family == family && known == suffix {
            return Some((kind, is_reply));
        }
        slot = (slot + 1) % SLOTS;
    }
}

const SLOTS: usize = 512;

/// Open addressing over the fixed suffixes, and over those of replies that are no `_reply`.
const INDEX: [Option<(Kind, bool)>; SLOTS] = {
    let mut index = [None; SLOTS];
    let mut kind = 0;
    while kind < ROWS.len() {
        enter(&mut index, ROWS[kind].suffix, (Kind::ALL[kind], false));
        if let Other(reply) = ROWS[kind].reply {
            enter(&mut index, reply, (Kind::ALL[kind], true));
        }
        kind += 1;
    }
    index
};

const fn enter(index: &mut [Option<(Kind, bool)>; SLOTS], suffix: &str, entry: (Kind, bool)) {
    if cut(suffix).is_some() {
        return;
    }
    let mut slot = slot_of(suffix.as_bytes());
    while index[slot].is_some() {
        slot = (slot + 1) % SLOTS;
    }
    index[slot] = Some(entry);
}

/// The length and the last eight bytes tell the suffixes apart well enough.
const fn slot_of(suffix: &[u8]) -> usize {
    let tail = match suffix.last_chunk::<8>() {
        Some(tail) => u64::from_le_bytes(*tail),
        None => match suffix {
            [a, b, c, .., z] => u32::from_le_bytes([*a, *b, *c, *z]) as u64,
            _ => 0,
        },
    };
    let mixed = (tail ^ suffix.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 55) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fixed_suffix_is_found_under_its_kind() {
        for kind in Kind::ALL {
            let row = kind.row();
            if kind.affixes().is_none() {
                assert_eq!(look_up(row.family, row.suffix), Some((*kind, false)), "{kind:?}");
                if let Other(reply) = row.reply {
                    assert_eq!(look_up(row.family, reply), Some((*kind, true)), "{kind:?}");
                }
            }
        }
        for stranger in ["", "thing/event/property/pos", "thing/topo", "update"] {
            assert_eq!(look_up(Family::Sys, stranger), None, "{stranger}");
        }
    }

    #[test]
    fn methods_mirror_their_topics() {
        for kind in Kind::ALL {
            let row = kind.row();
            if let Some((head, tail)) = row.method {
                let (before, behind) = both(row.suffix);
                assert_eq!(
                    (head, tail),
                    (&*before.replace('/', "."), &*behind.replace('/', ".")),
                    "{kind:?}"
                );
            }
        }
    }
}
