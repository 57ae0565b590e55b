//! Nothing on the way in or out touches the heap.
#![allow(clippy::unwrap_used)]

mod data;

use allocation_counter::measure;
use coap_codec::{
    BlockMap, Code, Composed, ContentFormat, Current, EntityTag, Filter, Found, Identity, Known, LinkWriter,
    Links, Message, Methods, NoResponse, Opt, OptionNumber, Options, Reader, Route, Router, Rules, Scheme,
    SliceOut, Token, Uri, Writer,
};

fn free(what: &str, work: impl FnOnce()) {
    let counted = measure(work);
    assert_eq!(counted.count_total, 0, "{what} allocates");
}

#[test]
fn messages_are_read_judged_and_written_without_allocating() {
    let file = data::load();
    let wires: Vec<_> = file
        .valid
        .iter()
        .filter(|vector| vector.transport == "udp")
        .map(|vector| data::bytes(&vector.hex))
        .chain(file.malformed.iter().map(|vector| data::bytes(&vector.hex)))
        .collect();
    let mut buffer = vec![0; 70_000];
    let rules = Rules::new().max_token(65_804);
    free("decoding, judging or encoding a message", || {
        for wire in &wires {
            let Ok(message) = Message::decode(wire, rules) else { continue };
            _ = message.meaning(&Known::REGISTERED, rules);
            assert!(
                message.options.iter().count() <= message.options.recognised(&Known::REGISTERED).count() + 9
            );
            let mut list = [Opt::new(OptionNumber(0), &[]); 16];
            let count =
                list.iter_mut().zip(message.options.iter()).map(|(place, option)| *place = option).count();
            let listed = Message { options: Options::new(&list[..count]).unwrap(), ..message };
            let mut out = SliceOut::new(&mut buffer);
            listed.encode(&mut out).unwrap();
        }
    });
}

#[test]
fn streams_writers_links_and_uris_do_without_allocating() {
    let file = data::load();
    let mut stream = vec![0x00, 0xE1];
    for vector in file.valid.iter().filter(|vector| vector.transport == "tcp") {
        stream.extend(data::bytes(&vector.hex));
    }
    let texts: Vec<_> = file.link_format_valid.iter().map(|vector| vector.text.as_str()).collect();
    let (mut buffer, mut scratch) = (vec![0; 8192], [0; 256]);

    free("reading a stream", || {
        let mut reader = Reader::new(&mut buffer, Rules::new().max_frame(8192));
        let mut count = 0;
        for mut chunk in stream.chunks(100) {
            while let Some(message) = reader.next(&mut chunk).unwrap() {
                _ = message.meaning(&Known::REGISTERED, Rules::new());
                count += 1;
            }
        }
        assert!(count > 5);
    });
    free("link-format", || {
        let filter = Filter::new("rt=temp*");
        for text in &texts {
            let mut out = SliceOut::new(&mut buffer);
            let mut writer = LinkWriter::new(&mut out);
            for link in Links::new(text) {
                let link = link.unwrap();
                _ = (filter.matches(&link), link.rt().count(), link.sz());
                writer.copy(&link).unwrap();
            }
            assert_eq!(out.written(), text.as_bytes());
        }
    });
    free("a URI or a writer", || {
        let uri = Uri::parse("coap://h.example/a/b%20c?d=e").unwrap();
        let options = uri.options(None, &mut scratch).unwrap();
        let mut out = SliceOut::new(&mut buffer);
        let kind = coap_codec::Kind::Confirmable;
        let mut writer = Writer::new(&mut out, kind, Code::GET, 1, Token::EMPTY).unwrap();
        writer.merge(options, Options::EMPTY).unwrap();
        let destination = ([192, 0, 2, 1], 5683).into();
        let composed = Composed { scheme: Scheme::Coap, options, destination };
        let mut counted = Count(0);
        core::fmt::write(&mut counted, format_args!("{composed} {options}")).unwrap();
        assert!(counted.0 > 20);
    });
}

#[test]
fn routes_conditions_and_identities_do_without_allocating() {
    let get = Methods::of(&[Code::GET]);
    let routes = ["/sensors/temp", "/lamps/{id}", "/files/{*}"].map(|path| Route::new(path, get, path));
    let list = [
        Opt::new(OptionNumber::IF_MATCH, b"v1"),
        Opt::new(OptionNumber::URI_PATH, b"lamps"),
        Opt::new(OptionNumber::URI_PATH, b"7"),
        Opt::new(OptionNumber::ACCEPT, &[60]),
    ];
    let mut buffer = [0; 64];
    free("routing, listing or judging a request", || {
        let options = Options::new(&list).unwrap();
        let router = Router::new(&routes).unwrap();
        let Ok(Found::Route(route)) = router.find(Code::GET, &options) else { panic!() };
        assert!(route.target == "/lamps/{id}" && route.captures(&options).eq([b"7"]));
        assert!(Current::Present(EntityTag::new(b"v1")).admits(&options));
        assert_eq!(ContentFormat::offered(&options, &[ContentFormat::CBOR]), Ok(ContentFormat::CBOR));
        assert!(NoResponse::of(&options).is_none());
        let identity = Identity::of_parts(Code::GET, &options, [1, 2]);
        assert_ne!(identity, Identity::of_parts(Code::PUT, &options, [1, 2]));
        let list = router.list(&Options::EMPTY);
        let mut out = SliceOut::new(&mut buffer);
        list.write(0..list.len(), &mut out).unwrap();
        assert_eq!(out.written(), b"</sensors/temp>");
        let mut map = BlockMap::new(&mut buffer, 1000, 0).unwrap();
        map.receive(coap_codec::Block::new(3, true, 0).unwrap(), 16).unwrap();
        assert_eq!(map.missing().count(), 62);
    });
}

struct Count(usize);

impl core::fmt::Write for Count {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}
