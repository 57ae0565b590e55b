//! A message that outlives its process: it is published, the process "ends" before the acknowledgement, and another one
//! goes on from the directory alone.
//!
//! `cargo run -p linkwire-mqtt-codec --example file_store`

mod store;

use core::time::Duration;

use mqtt_codec::{
    Config, ConnAck, Connect, Event, Message, Packet, Properties, Qos, ReasonCode, Rules, Session, Text,
    TopicName, Version,
};
use store::FileStore;

type Anything = Result<(), Box<dyn core::error::Error>>;

#[expect(clippy::print_stdout, reason = "an example talks")]
fn main() -> Anything {
    let directory = std::env::temp_dir().join(format!("file-store-{}", std::process::id()));
    let mut out = Vec::new();

    // The first process: it publishes, and is gone.
    let mut session = Session::client(Config::default(), FileStore::open(&directory)?);
    online(&mut session, true, &mut out)?;
    let message = Message::new(TopicName::new("door/opened")?, b"by Ada").qos(Qos::ExactlyOnce);
    let id = session.publish(Duration::ZERO, &message, &mut out)?;
    println!("published under identifier {id:?}, and the power goes");
    drop(session);

    // The second one knows the directory and nothing else.
    out.clear();
    let mut session = Session::client(Config::default(), FileStore::open(&directory)?);
    online(&mut session, false, &mut out)?;
    out.clear();
    session.resume(Duration::ZERO, Duration::from_secs(60), &mut out)?;
    let Packet::Publish(again) = Packet::decode(&out, Rules::new(Version::V311))? else {
        return Err("not a PUBLISH".into());
    };
    println!(
        "sent again: {} {:?}, DUP {}",
        again.topic.as_str(),
        core::str::from_utf8(again.payload),
        again.dup
    );
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}

/// Connects to a server that answers as we like.
fn online(session: &mut Session<'_, FileStore>, clean_start: bool, out: &mut Vec<u8>) -> Anything {
    let connect =
        Connect { clean_start, keep_alive: 60, ..Connect::new(Version::V311, Text::new("door-1")?) };
    session.connect(Duration::ZERO, &connect, out)?;
    let connack =
        ConnAck { session_present: !clean_start, reason: ReasonCode::Success, properties: Properties::EMPTY };
    let mut frame = Vec::new();
    Packet::ConnAck(connack).encode(Version::V311, &mut frame)?;
    match session.receive(Duration::ZERO, &frame, out)? {
        Some(Event::Connected(_)) => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}
