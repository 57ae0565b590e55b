//! Several crates at work together: what a device, and a gateway, do all day.

use core::hint::black_box;
use core::time::Duration;

use alink::flow::{ChildState, Credentials, Gateway, GatewayConfig};
use alink::{Config, Device, DeviceId, Event, Id, Json, Kind, Reading, Reply, Request, Topic};
use mqtt_codec::session::{self, Event as Arrival};
use mqtt_codec::{Accept, ArenaStore, ConnAck, Connect, Properties, ReasonCode};
use mqtt_codec::{
    Delivery, Packet, PacketId, Publish, Qos, Rules, Session, SliceOut, Text, TopicName, Version,
};
use thing_model::{Checker, Limits, Model, Record, WallClock};

use crate::Row;

const NOW: Duration = Duration::ZERO;

/// The rows of this table.
pub(super) fn rows() -> Vec<Row> {
    let row =
        |work, repeat, prepare| Row { table: "together", work, who: Row::OURS, checks: "", repeat, prepare };
    vec![
        row("a sensor value, checked, as Alink, in an MQTT frame of QoS 1; its PUBACK", 1000, up),
        row("an MQTT frame of QoS 1, as Alink, checked: a property is set; its PUBACK", 1000, down),
        row("post for 1,000 sub-devices, and take the replies", 3, fan_out),
    ]
}

fn lamp() -> DeviceId<'static> {
    DeviceId::new("a1LampDemo01", "lamp001").expect("names")
}

fn model() -> &'static Model {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/tsl/lamp.json");
    let tsl = std::fs::read(path).expect("the inputs are in the repository");
    Box::leak(Box::new(Model::compile(&tsl, &Limits::current()).expect("a model")))
}

/// A connection that is there: the server's end, whose first packet id is 1 as well.
fn connection() -> Session<'static, ArenaStore<'static>> {
    let memory = session::Memory::lent(
        vec![session::SentCell::EMPTY; 16].leak(),
        vec![session::ReceivedCell::EMPTY; 16].leak(),
    );
    let mut config = session::Config::new(memory);
    config.receive_maximum = 16;
    let connect = Connect { keep_alive: 60, ..Connect::new(Version::V311, Text::new("c").expect("a text")) };
    let connack =
        ConnAck { session_present: false, reason: ReasonCode::Success, properties: Properties::EMPTY };
    let store = ArenaStore::lent(vec![0; 4096].leak());
    Session::accept(NOW, &connect, Accept { config, connack }, store, &mut Vec::new())
        .unwrap_or_else(|refused| panic!("no connection: {}", refused.error))
}

fn up() -> Box<dyn FnMut()> {
    let (mut checker, mut device) = (Checker::new(model()), Device::new(lamp(), Config::default()));
    let mut session = connection();
    let (mut message, mut found) = (Vec::with_capacity(512), Vec::<Record>::new());
    let (mut frame, mut reply) = ([0; 512], Vec::with_capacity(64));
    let mut packet_id = 0_u16;
    let answered = Topic::of(Kind::PropertyPost, lamp()).expect("a topic").reply().expect("one").to_string();
    Box::new(move || {
        message.clear();
        let values = [("Brightness", black_box(60).into())];
        let mut checked = device.checked(&mut checker, WallClock::UNKNOWN);
        let sent = checked.post(NOW, &values, &mut found, &mut message).expect("a valid value");
        let (topic, payload) = sent.send.split(&message);
        let topic = TopicName::new(topic).expect("a topic");
        let mut out = SliceOut::new(&mut frame);
        let publish = session::Message::new(topic, payload).qos(Qos::AtLeastOnce);
        assert!(session.publish(NOW, &publish, &mut out).is_ok());
        black_box(out.written());
        packet_id = packet_id.checked_add(1).unwrap_or(1);
        let [high, low] = packet_id.to_be_bytes();
        out.clear();
        assert!(matches!(
            session.receive(NOW, &[0x40, 2, high, low], &mut out),
            Ok(Some(Arrival::Delivered(_)))
        ));
        // The platform's answer, so that the device does not wait for more and more of them.
        reply.clear();
        Reply::ok(sent.id).append(&mut reply).expect("a vector has room");
        assert!(device.receive(NOW, &answered, &reply, &mut message).expect("ours").event.is_some());
    })
}

fn down() -> Box<dyn FnMut()> {
    let (mut checker, mut device) = (Checker::new(model()), Device::new(lamp(), Config::default()));
    let mut session = connection();
    let (mut message, mut found) = (Vec::with_capacity(512), Vec::<Record>::new());
    let topic = Topic::of(Kind::PropertySet, lamp()).expect("a topic").to_string();
    let payload =
        br#"{"id":"1","version":"1.0","params":{"Brightness":30},"method":"thing.service.property.set"}"#;
    let mut frame = Vec::new();
    let publish = Publish {
        qos: Delivery::AtLeastOnce(PacketId::MIN),
        ..Publish::new(TopicName::new(&topic).expect("a topic"), payload)
    };
    publish.encode(Version::V311, &mut frame).expect("a packet");
    let mut answer = [0; 16];
    Box::new(move || {
        let mut out = SliceOut::new(&mut answer);
        let Ok(Some(Arrival::Message(publish))) = session.receive(NOW, black_box(&frame), &mut out) else {
            panic!("no message")
        };
        message.clear();
        let mut checked = device.checked(&mut checker, WallClock::UNKNOWN);
        let step = checked
            .receive(NOW, publish.topic.as_str(), publish.payload, &mut found, &mut message)
            .expect("a message");
        let Some(Event::PropertySet { call: Some(call), values }) = step.event else { panic!("no set") };
        black_box(values);
        device.answer(call, alink::Code::OK, &alink::RawJson::EMPTY_OBJECT, &mut message).expect("an answer");
        assert!(Packet::decode(out.written(), Rules::new(Version::V311)).is_ok());
    })
}

fn fan_out() -> Box<dyn FnMut()> {
    let mut gateway = gateway(1000);
    let names: Vec<String> = (0..1000).map(|at| format!("lamp{at:03}")).collect();
    let answered: Vec<String> = names
        .iter()
        .map(|name| {
            Topic::of(Kind::PropertyPost, child(name)).expect("a topic").reply().expect("one").to_string()
        })
        .collect();
    let (mut message, mut reply) = (Vec::with_capacity(512), Vec::with_capacity(64));
    Box::new(move || {
        for (name, answered) in names.iter().zip(&answered) {
            message.clear();
            let values = [("Brightness", black_box(60).into())];
            let sent = gateway.with_child(child(name), |child| child.post(NOW, &values, &mut message));
            let id = sent.expect("an online child").id;
            black_box(&message);
            reply.clear();
            Reply::ok(id).append(&mut reply).expect("a vector has room");
            assert!(gateway.receive(NOW, answered, &reply, &mut message).expect("ours").event.is_some());
        }
    })
}

fn child(name: &str) -> DeviceId<'_> {
    DeviceId::new("a1LampDemo01", name).expect("names")
}

/// A gateway with so many children online.
pub(crate) fn gateway(children: usize) -> Gateway {
    let own = DeviceId::new("a1GateDemo01", "gate001").expect("names");
    let mut gateway = Gateway::new(own, GatewayConfig::default());
    for at in 0..children {
        let credentials = Credentials {
            client_id: "c1".into(),
            timestamp: "1700000000000".into(),
            sign_method: "hmacSha256".into(),
            sign: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".into(),
            clean_session: false,
        };
        let name = format!("lamp{at:03}");
        gateway
            .add(NOW, DeviceId::new("a1LampDemo01", &name).expect("names"), credentials, true)
            .expect("room");
    }
    let mut out = Vec::new();
    loop {
        out.clear();
        let step = gateway.handle_timeout(NOW, &mut out).expect("room");
        let is_event = step.event.is_some();
        if let Some(send) = step.send {
            let (topic, payload) = send.split(&out);
            let topic = Topic::parse(topic).expect("a topic");
            let id = Request::parse(payload, &topic, Reading::Strict).expect("a request").id;
            login_answered(&mut gateway, topic.kind(), id);
        } else if !is_event {
            break;
        }
    }
    assert!(gateway.children().all(|(_, state)| state == ChildState::Online));
    gateway
}

fn login_answered(gateway: &mut Gateway, kind: Kind, id: Id) {
    let own = DeviceId::new("a1GateDemo01", "gate001").expect("names");
    let topic = Topic::of(kind, own).expect("a topic").reply().expect("one").to_string();
    let mut reply = Vec::new();
    Reply::ok(id).append(&mut reply).expect("a vector has room");
    gateway.receive(NOW, &topic, &reply, &mut Vec::new()).expect("ours");
}
