//! A device and a server in conversation without std and without an allocator: if this links, nothing on the way allocates,
//! and if it exits with 0, everything on the way works.
//!
//! It is a C program to the linker (`main` is the C entry point), because there is nothing of std to start one.
#![no_std]
#![no_main]

use coap_codec::{Code, Kind, Message, OptionNumber, Rules as CoapRules, Token, Writer};
use core::time::Duration;
use iot_auth::{Context, Device, Identity, Method, Pieces, Secret, SigningKey, Window, verify};
use mqtt_codec::session::{
    Accept, Config, Event, Memory, Message as Publication, ReceivedCell, SentCell, Session,
};
use mqtt_codec::{
    ArenaStore, ConnAck, Connect, Packet, Peek, Properties, Qos, ReasonCode, Rules, SliceOut, Text,
    TopicName, Version, peek,
};

// For the C runtime that calls `main`.
#[link(name = "c")]
unsafe extern "C" {}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    if mqtt().is_none() {
        return 1;
    }
    if coap().is_none() {
        return 2;
    }
    0
}

const NOW: Duration = Duration::ZERO;

/// A signed CONNECT, verified; then a message of QoS 1 and its acknowledgement.
fn mqtt() -> Option<()> {
    let secret = Secret::new("0123456789abcdef0123456789abcdef").ok()?;
    let key = SigningKey::new(Method::HmacSha256, &secret);
    let device = Device::new("a1AbCdEfGh1", "light-01").ok()?;
    let login = Identity::Device { device, key: &key }.connect(&Context::default()).ok()?;
    let (mut id, mut name) = ([0; 128], [0; 64]);
    let connect = Connect {
        keep_alive: 300,
        user_name: Some(Text::new(login.user_name().write_to(&mut name).ok()?).ok()?),
        password: Some(mqtt_codec::Secret(login.password().as_bytes())),
        ..Connect::new(Version::V5, Text::new(login.client_id().write_to(&mut id).ok()?).ok()?)
    };

    let (mut sent, mut received, mut store) = ([SentCell::EMPTY; 4], [ReceivedCell::EMPTY; 4], [0; 256]);
    let memory = Memory::lent(&mut sent, &mut received);
    let mut client = Session::client(Config::new(memory), ArenaStore::lent(&mut store));
    let mut up = [0; 512];
    let mut out = SliceOut::new(&mut up);
    client.connect(NOW, &connect, &mut out).ok()?;

    let frame = out.into_written();
    let Ok(Peek::Frame { len }) = peek(frame, 512) else { return None };
    let Ok(Packet::Connect(asked)) = Packet::decode(frame.get(..len)?, Rules::UNCONNECTED) else {
        return None;
    };
    let claim = verify::connect(
        asked.client_id.as_str(),
        asked.user_name.map(|name| name.as_str()),
        asked.password.map(|password| password.0),
    );
    claim.ok()?.check(&secret, Window::Any).ok()?;

    let (mut sent, mut received, mut store) = ([SentCell::EMPTY; 4], [ReceivedCell::EMPTY; 4], [0; 256]);
    let memory = Memory::lent(&mut sent, &mut received);
    let connack =
        ConnAck { session_present: false, reason: ReasonCode::Success, properties: Properties::EMPTY };
    let mut down = [0; 512];
    let mut out = SliceOut::new(&mut down);
    let accept = Accept { config: Config::new(memory), connack };
    let mut server = Session::accept(NOW, &asked, accept, ArenaStore::lent(&mut store), &mut out).ok()?;
    let answer = client.receive(NOW, out.written(), &mut SliceOut::new(&mut [])).ok()?;
    let Some(Event::Connected(_)) = answer else { return None };

    let mut up = [0; 512];
    let mut out = SliceOut::new(&mut up);
    let topic = TopicName::new("light/state").ok()?;
    let id = client.publish(NOW, &Publication::new(topic, b"on").qos(Qos::AtLeastOnce), &mut out).ok()??;
    let mut down = [0; 512];
    let mut acknowledgement = SliceOut::new(&mut down);
    let arrived = server.receive(NOW, out.written(), &mut acknowledgement).ok()?;
    let Some(Event::Message(message)) = arrived else { return None };
    if message.payload != b"on" {
        return None;
    }
    let delivered = client.receive(NOW, acknowledgement.written(), &mut SliceOut::new(&mut [])).ok()?;
    matches!(delivered, Some(Event::Delivered(ack)) if ack.packet_id == id).then_some(())
}

/// A request written and read back.
fn coap() -> Option<()> {
    let mut buffer = [0; 64];
    let mut out = coap_codec::SliceOut::new(&mut buffer);
    let mut writer = Writer::new(&mut out, Kind::Confirmable, Code::POST, 7, Token::new(b"t7").ok()?).ok()?;
    writer.option(OptionNumber::URI_PATH, b"auth").ok()?;
    writer.payload(b"{}").ok()?;
    let message = Message::decode(out.written(), CoapRules::default()).ok()?;
    (message.payload == b"{}" && message.options.iter().count() == 1).then_some(())
}
