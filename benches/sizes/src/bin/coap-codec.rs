//! Decodes any message, and answers with its options and payload.
#![no_std]
#![no_main]

use coap_codec::{Code, Kind, Message, Rules, SliceOut, Writer};
use sizes::{receive, send};

#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    run().map_or(1, |()| 0)
}

fn run() -> Option<()> {
    let (mut up, mut down) = ([0; 512], [0; 512]);
    let mut out = SliceOut::new(&mut down);
    let message = Message::decode(receive(&mut up), Rules::new()).ok()?;
    let mut writer =
        Writer::new(&mut out, Kind::Acknowledgement, Code::CONTENT, message.id, message.token).ok()?;
    for option in message.options.iter() {
        writer.option(option.number, option.value).ok()?;
    }
    writer.payload(message.payload).ok()?;
    send(out.written()).is_continue().then_some(())
}
