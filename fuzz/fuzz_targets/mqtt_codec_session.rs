//! Either end of a connection hears anything, at any time: it never panics, an error writes nothing, and what it writes
//! is packets.
#![no_main]

use core::time::Duration;

use libfuzzer_sys::fuzz_target;
use mqtt_codec::session::Phase;
use mqtt_codec::{
    Accept, Acknowledge, Config, ConnAck, Connect, MemStore, Message, Packet, PacketId, Peek, Properties,
    Qos, ReasonCode, Role, Rules, Session, Text, TopicName, Version, peek,
};

fuzz_target!(|data: &[u8]| {
    let Some((&manner, mut rest)) = data.split_first() else { return };
    let version = if manner & 1 == 0 { Version::V5 } else { Version::V311 };
    let mut config = Config::default();
    config.acknowledge = if manner & 2 == 0 { Acknowledge::Auto } else { Acknowledge::Manual };
    let connect = Connect { keep_alive: 60, ..Connect::new(version, Text::EMPTY) };
    let connack =
        ConnAck { session_present: false, reason: ReasonCode::Success, properties: Properties::EMPTY };
    let (mut out, mut now) = (Vec::new(), Duration::ZERO);
    let mut session = if manner & 4 == 0 {
        let mut session = Session::client(config, MemStore::new());
        session.connect(now, &connect, &mut out).expect("a connection begins");
        session
    } else {
        let accept = Accept { config, connack };
        Session::accept(now, &connect, accept, MemStore::new(), &mut out).expect("a connection")
    };
    let mut last = out.len();
    while let Some((&call, behind)) = rest.split_first() {
        now += Duration::from_millis(u64::from(call) * 16);
        rest = behind;
        let id = PacketId::new(u16::from(call) % 16 + 1).expect("not zero");
        let message = Message::new(TopicName::new("t").expect("a topic"), b"x");
        let done = match call >> 5 {
            0 => session.handle_timeout(now, &mut out).is_ok(),
            1 => session.publish(now, &message.qos(Qos::AtLeastOnce), &mut out).is_ok(),
            2 => session.publish(now, &message.qos(Qos::ExactlyOnce), &mut out).is_ok(),
            3 => session.acknowledge(now, id, ReasonCode::Success, &mut out).is_ok(),
            4 if call & 1 == 0 => session.forget(id).is_ok(),
            4 => {
                session.transport_lost(now);
                session.role() == Role::Client && session.connect(now, &connect, &mut out).is_ok()
            }
            5 => {
                // A head and its payload, in two pieces.
                let (head, mut payload) = rest.split_at(usize::from(call & 31).min(rest.len()));
                session.receive_head(now, head, &mut out).is_ok()
                    && session.receive_payload(now, &mut payload, &mut out).is_ok()
            }
            _ => match peek(rest, 1 << 16) {
                Ok(Peek::Frame { len }) => {
                    let (frame, behind) = rest.split_at(len);
                    rest = behind;
                    session.receive(now, frame, &mut out).is_ok()
                }
                _ => false,
            },
        };
        assert!(done || out.len() == last || call >> 5 == 5, "an error that writes");
        last = out.len();
        assert!(session.phase() != Phase::Offline || session.quota() == 0);
    }
    let ours = Rules::new(version).sent_by(session.role());
    let mut sent = &out[..];
    while let Ok(Peek::Frame { len }) = peek(sent, u32::MAX) {
        assert!(Packet::decode(&sent[..len], ours).is_ok());
        sent = &sent[len..];
    }
    assert!(sent.is_empty());
});
