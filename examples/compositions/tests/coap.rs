//! A device and its platform over UDP: signatures, tokens, sealed messages, and a network that loses.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use coap_codec::Code;
use coap_codec::endpoint::{Config, Memory};
use compositions::coap_device::{CoapDevice, Fault};
use compositions::coap_platform::CoapPlatform;
use compositions::udp::Udp;
use iot_auth::{Device, Secret};

const NAMES: [&str; 2] = ["a1CoapTest1", "meter-01"];

/// Serves `platform` while `play` runs; gives the platform back.
fn serve(mut platform: CoapPlatform, play: impl FnOnce(SocketAddr)) -> CoapPlatform {
    let (address, over) = (platform.address().unwrap(), AtomicBool::new(false));
    thread::scope(|scope| {
        let serving = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                platform.turn(Duration::from_millis(20)).unwrap();
            }
            platform
        });
        play(address);
        over.store(true, Ordering::Relaxed);
        serving.join().unwrap()
    })
}

fn platform(secret: &str) -> CoapPlatform {
    CoapPlatform::bind(NAMES, Secret::new(secret).unwrap(), 1).unwrap()
}

fn device(secret: &Secret, platform: SocketAddr, seed: u64) -> CoapDevice<'_> {
    let mut config = Config::new(Memory::growing(1), seed);
    // A test does not wait for seconds.
    config.params.ack_timeout = Duration::from_millis(50);
    let link = Udp::bind("127.0.0.1:0", config).unwrap();
    CoapDevice::new(link, platform, Device::new(NAMES[0], NAMES[1]).unwrap(), secret)
}

#[test]
fn a_device_posts_and_pulls() {
    let secret = Secret::new("s3cret").unwrap();
    let mut platform = platform("s3cret");
    platform.keep(r#"{"id":"7"}"#);
    let platform = serve(platform, |address| {
        let mut device = device(&secret, address, 2);
        for payload in [&b"one"[..], b"", &[7; 900]] {
            assert_eq!(device.post("/a/b/c", payload).unwrap(), br#"{"code":200}"#);
        }
        assert_eq!(device.pull(10).unwrap(), br#"[{"id":"7"}]"#);
        assert_eq!(device.pull(1).unwrap(), b"[]");
        assert!(matches!(device.pull(11), Err(Fault::Unreadable(_))));
    });
    let posted: Vec<_> =
        platform.posted.iter().map(|(topic, payload)| (topic.as_str(), payload.len())).collect();
    assert_eq!(posted, [("/a/b/c", 3), ("/a/b/c", 0), ("/a/b/c", 900)]);
}

#[test]
fn a_wrong_secret_is_refused() {
    let secret = Secret::new("another").unwrap();
    let platform = serve(platform("s3cret"), |address| {
        let fault = device(&secret, address, 3).post("/a", b"x").unwrap_err();
        assert!(matches!(fault, Fault::Refused(Code::UNAUTHORIZED)), "{fault}");
    });
    assert!(platform.posted.is_empty());
}

#[test]
fn a_token_that_expired_is_replaced() {
    let secret = Secret::new("s3cret").unwrap();
    let mut platform = platform("s3cret");
    let mut device = device(&secret, platform.address().unwrap(), 4);
    for round in 0..2 {
        let served = serve(platform, |_| drop(device.post("/a", b"x").unwrap()));
        assert_eq!(served.posted.len(), round + 1);
        platform = served;
        platform.expire();
    }
}

/// Every third datagram is lost, both ways; each post arrives once all the same.
#[test]
fn posts_arrive_once_where_datagrams_are_lost() {
    let secret = Secret::new("s3cret").unwrap();
    let platform = serve(platform("s3cret"), |address| {
        let over = AtomicBool::new(false);
        let front = UdpSocket::bind("127.0.0.1:0").unwrap();
        let back = UdpSocket::bind("127.0.0.1:0").unwrap();
        back.connect(address).unwrap();
        let entrance = front.local_addr().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| lose(&front, &back, &over));
            let mut device = device(&secret, entrance, 5);
            for index in 0..20_u8 {
                device.post("/a", &[index]).unwrap();
            }
            over.store(true, Ordering::Relaxed);
        });
    });
    let posted: Vec<_> = platform.posted.iter().map(|(_, payload)| payload[0]).collect();
    assert_eq!(posted, (0..20).collect::<Vec<u8>>());
}

/// Carries datagrams between one client at `front` and the server behind `back`, and loses some.
fn lose(front: &UdpSocket, back: &UdpSocket, over: &AtomicBool) {
    let (mut datagram, mut client, mut count) = ([0; 2048], None, 0_u32);
    for socket in [front, back] {
        socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    }
    while !over.load(Ordering::Relaxed) {
        if let Ok((len, from)) = front.recv_from(&mut datagram) {
            client = Some(from);
            count += 1;
            if count % 3 != 0 {
                back.send(&datagram[..len]).unwrap();
            }
        }
        if let (Ok(len), Some(client)) = (back.recv(&mut datagram), client) {
            count += 1;
            if count % 3 != 0 {
                front.send_to(&datagram[..len], client).unwrap();
            }
        }
    }
}
