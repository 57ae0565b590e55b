//! Datagrams: what decodes is written back byte for byte, and judging it never panics.
#![no_main]

use coap_codec::{Known, Message, Policy, Rules};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let lenient = Rules::new().max_token(65_804);
    for rules in [Rules::new(), lenient, lenient.text(Policy::Refuse).class_3(Policy::Refuse)] {
        let Ok(message) = Message::decode(bytes, rules) else { continue };
        let mut written = Vec::new();
        message.encode(&mut written).expect("what was read can be written");
        assert_eq!(written, bytes);
        let list: Vec<_> = message.options.iter().collect();
        let options = coap_codec::Options::new(&list).expect("in order");
        assert_eq!(options.encoded_len(), message.options.encoded_len());
        _ = (message.meaning(&Known::REGISTERED, rules), message.to_string());
        _ = (message.options.oscore(), message.options.block1(), message.options.content_format());
    }
});
