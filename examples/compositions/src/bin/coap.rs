//! A CoAP device and its platform over loopback: `cargo run -p compositions --bin coap`.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a program that has std")]
#![allow(clippy::print_stdout, reason = "it talks to a person")]

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use coap_codec::endpoint::{Config, Memory};
use compositions::coap_device::CoapDevice;
use compositions::coap_platform::CoapPlatform;
use compositions::udp::Udp;
use iot_auth::{Device, Secret};

const NAMES: [&str; 2] = ["a1CoapDemo1", "meter-01"];
const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn main() -> Result<(), Box<dyn Error>> {
    let mut platform = CoapPlatform::bind(NAMES, Secret::new(SECRET)?, 1)?;
    platform.keep(r#"{"method":"thing.service.property.set","id":"7","params":{"Valve":1},"version":"1.0"}"#);
    let address = platform.address()?;
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let serving = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                platform.turn(Duration::from_millis(50))?;
            }
            Ok::<_, std::io::Error>(platform.posted)
        });
        let played = play(address);
        over.store(true, Ordering::Relaxed);
        let posted = serving.join().map_err(|_| "the platform panicked")??;
        played?;
        for (topic, payload) in posted {
            println!("platform  {topic}  {}", String::from_utf8_lossy(&payload));
        }
        Ok(())
    })
}

fn play(platform: std::net::SocketAddr) -> Result<(), Box<dyn Error>> {
    let secret = Secret::new(SECRET)?;
    let link = Udp::bind("127.0.0.1:0", Config::new(Memory::growing(1), 2))?;
    let mut device = CoapDevice::new(link, platform, Device::new(NAMES[0], NAMES[1])?, &secret);
    let topic = format!("/sys/{}/{}/thing/event/property/post", NAMES[0], NAMES[1]);
    let post = br#"{"id":"1","version":"1.0","params":{"Flow":2.5},"method":"thing.event.property.post"}"#;
    let answer = device.post(&topic, post)?;
    println!("device    posted, answered {}", String::from_utf8_lossy(&answer));
    let waiting = device.pull(10)?;
    println!("device    pulled {}", String::from_utf8_lossy(&waiting));
    Ok(())
}
