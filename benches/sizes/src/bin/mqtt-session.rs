//! A client of MQTT 5.0 that publishes whenever it receives something.
#![no_std]
#![no_main]

use core::time::Duration;

use mqtt_codec::session::{Config, Event, Memory, Message, ReceivedCell, SentCell, Session};
use mqtt_codec::{ArenaStore, Connect, Qos, SliceOut, Text, TopicName, Version};
use sizes::{receive, send};

#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    run().map_or(1, |()| 0)
}

fn run() -> Option<()> {
    let (mut sent, mut received, mut store) = ([SentCell::EMPTY; 4], [ReceivedCell::EMPTY; 4], [0; 512]);
    let config = Config::new(Memory::lent(&mut sent, &mut received));
    let mut client = Session::client(config, ArenaStore::lent(&mut store));
    let mut now = Duration::ZERO;
    let (mut down, mut up) = ([0; 512], [0; 512]);
    let mut out = SliceOut::new(&mut up);
    let connect = Connect::new(Version::V5, Text::new("device").ok()?);
    client.connect(now, &connect, &mut out).ok()?;
    loop {
        if send(out.written()).is_break() {
            return None;
        }
        out.clear();
        now += Duration::from_secs(1);
        let topic = TopicName::new("device/state").ok()?;
        match client.receive(now, receive(&mut down), &mut out).ok()? {
            Some(Event::Message(_)) => {
                client.publish(now, &Message::new(topic, b"seen").qos(Qos::AtLeastOnce), &mut out).ok()?;
            }
            Some(Event::Closed { .. }) => return Some(()),
            _ => {
                client.handle_timeout(now, &mut out).ok()?;
            }
        }
    }
}
