//! Packets that other people's encoders really wrote (`tests/data/foreign.json`) mean here what they were told to write,
//! and are written here byte for byte the same.

#![allow(clippy::unwrap_used, reason = "a test")]

use core::fmt::Write;

use mqtt_codec::{Packet, Properties, Property, Role, Rules, Secret, SliceOut, Version, Will};
use serde_json::{Map, Value, json};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

fn property(property: Property<'_>) -> Value {
    let name = property.name();
    match property {
        Property::PayloadFormatIndicator(v)
        | Property::RequestProblemInformation(v)
        | Property::RequestResponseInformation(v)
        | Property::RetainAvailable(v)
        | Property::WildcardSubscriptionAvailable(v)
        | Property::SubscriptionIdentifierAvailable(v)
        | Property::SharedSubscriptionAvailable(v) => json!([name, v]),
        Property::MessageExpiryInterval(v)
        | Property::SessionExpiryInterval(v)
        | Property::WillDelayInterval(v) => {
            json!([name, v])
        }
        Property::ContentType(v)
        | Property::AssignedClientIdentifier(v)
        | Property::AuthenticationMethod(v)
        | Property::ResponseInformation(v)
        | Property::ServerReference(v)
        | Property::ReasonString(v) => json!([name, v.as_str()]),
        Property::ResponseTopic(v) => json!([name, v.as_str()]),
        Property::CorrelationData(v) | Property::AuthenticationData(Secret(v)) => json!([name, hex(v)]),
        Property::SubscriptionIdentifier(v) | Property::MaximumPacketSize(v) => json!([name, v.get()]),
        Property::ServerKeepAlive(v) | Property::TopicAliasMaximum(v) => json!([name, v]),
        Property::ReceiveMaximum(v) | Property::TopicAlias(v) => json!([name, v.get()]),
        Property::MaximumQos(v) => json!([name, v.level()]),
        Property::UserProperty(key, value) => json!([name, key.as_str(), value.as_str()]),
        other => panic!("{other:?}"),
    }
}

fn properties(all: Properties<'_>) -> Value {
    all.iter().map(property).collect()
}

fn will(will: Will<'_>) -> Value {
    let Will { qos, retain, topic, payload, .. } = will;
    json!({
        "topic": topic.as_str(), "payload": hex(payload), "qos": qos.level(), "retain": retain,
        "properties": properties(will.properties),
    })
}

/// The packet in the words of the fixtures.
fn describe(packet: &Packet<'_>) -> Map<String, Value> {
    let mut fields = match packet {
        Packet::Connect(connect) => {
            let mut fields = json!({
                "version": connect.version.to_string(), "clean_start": connect.clean_start,
                "keep_alive": connect.keep_alive, "client_id": connect.client_id.as_str(),
                "properties": properties(connect.properties),
            });
            let present = [
                ("will", connect.will.map(will)),
                ("user_name", connect.user_name.map(|user| json!(user.as_str()))),
                ("password", connect.password.map(|Secret(bytes)| json!(hex(bytes)))),
            ];
            for (name, value) in present.into_iter().filter_map(|(name, value)| Some((name, value?))) {
                fields[name] = value;
            }
            fields
        }
        Packet::ConnAck(connack) => json!({
            "session_present": connack.session_present, "reason": connack.reason.code(),
            "properties": properties(connack.properties),
        }),
        Packet::Publish(publish) => {
            let mut fields = json!({
                "topic": publish.topic.as_str(), "payload": hex(publish.payload), "qos": publish.qos.qos().level(),
                "retain": publish.retain, "dup": publish.dup, "properties": properties(publish.properties),
            });
            if let Some(id) = publish.qos.packet_id() {
                fields["id"] = json!(id.get());
            }
            fields
        }
        Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubRel(ack) | Packet::PubComp(ack) => json!({
            "id": ack.packet_id.get(), "reason": ack.reason.code(), "properties": properties(ack.properties),
        }),
        Packet::Subscribe(subscribe) => {
            let list = subscribe.subscriptions.iter().map(|one| {
                json!({
                    "filter": one.filter.as_str(), "qos": one.qos.level(), "no_local": one.no_local,
                    "retain_as_published": one.retain_as_published, "retain_handling": one.retain_handling as u8,
                })
            });
            json!({
                "id": subscribe.packet_id.get(), "subscriptions": list.collect::<Value>(),
                "properties": properties(subscribe.properties),
            })
        }
        Packet::Unsubscribe(unsubscribe) => json!({
            "id": unsubscribe.packet_id.get(),
            "filters": unsubscribe.filters.iter().map(|filter| json!(filter.as_str())).collect::<Value>(),
            "properties": properties(unsubscribe.properties),
        }),
        Packet::SubAck(suback) => json!({
            "id": suback.packet_id.get(), "properties": properties(suback.properties),
            "reasons": suback.reasons.iter().map(|reason| json!(reason.code())).collect::<Value>(),
        }),
        Packet::UnsubAck(unsuback) => json!({
            "id": unsuback.packet_id.get(), "properties": properties(unsuback.properties),
            "reasons": unsuback.reasons.iter().map(|reason| json!(reason.code())).collect::<Value>(),
        }),
        Packet::Disconnect(disconnect) => {
            json!({ "reason": disconnect.reason.code(), "properties": properties(disconnect.properties) })
        }
        Packet::Auth(auth) => {
            json!({ "reason": auth.reason.code(), "properties": properties(auth.properties) })
        }
        _ => json!({}),
    };
    fields["packet"] = json!(packet.packet_type().to_string());
    fields.as_object().unwrap().clone()
}

/// Acknowledgements and DISCONNECT may spell out a success that can be left out (§3.4.2.1, §3.14.2.1); here it is left out.
fn shortest(bytes: &[u8]) -> Vec<u8> {
    match *bytes {
        [first @ (0x40 | 0x50 | 0x62 | 0x70), 4, high, low, 0, 0] => vec![first, 2, high, low],
        [0xE0, 2, 0, 0] => vec![0xE0, 0],
        _ => bytes.to_vec(),
    }
}

#[test]
fn foreign_packets_mean_what_was_meant_and_are_written_the_same() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/foreign.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut seen = std::collections::HashSet::new();
    for fixture in file["packets"].as_array().unwrap() {
        let version = if fixture["version"] == "5.0" { Version::V5 } else { Version::V311 };
        let from = if fixture["from"] == "client" { Role::Client } else { Role::Server };
        let wire = bytes(fixture["hex"].as_str().unwrap());
        let packet = Packet::decode(&wire, Rules::new(version).sent_by(from))
            .unwrap_or_else(|e| panic!("{e}: {fixture}"));
        let (mut got, mut meant) = (describe(&packet), fixture["meant"].as_object().unwrap().clone());
        if meant.remove("any_order").is_some() {
            for side in [&mut got, &mut meant] {
                side["properties"].as_array_mut().unwrap().sort_by_key(ToString::to_string);
            }
        }
        assert_eq!(got, meant, "{fixture}");

        let mut buffer = vec![0; wire.len()];
        let mut out = SliceOut::new(&mut buffer);
        packet.encode(version, &mut out).unwrap();
        assert_eq!(hex(out.written()), hex(&shortest(&wire)), "{fixture}");
        seen.insert((fixture["by"].as_str().unwrap().to_owned(), packet.packet_type(), version));
    }
    assert!(seen.len() > 60, "three encoders, nearly all packets, both versions: {}", seen.len());
}
