//! Link-format and URIs: what is read is written back as it stood.
#![no_main]

use coap_codec::{Filter, LinkWriter, Links, Uri};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let links: Result<Vec<_>, _> = Links::new(text).collect();
    if let Ok(links) = links {
        let mut written = Vec::new();
        let mut writer = LinkWriter::new(&mut written);
        for link in &links {
            writer.link(link.target).expect("a target");
            for attribute in link.attributes() {
                writer.attribute(attribute).expect("an attribute");
            }
            _ = (Filter::new(text).matches(link), link.rt().count(), link.ct().count());
        }
        assert_eq!(written, text.as_bytes());
    }
    if let Ok(uri) = Uri::parse(text) {
        let mut scratch = [0; 4096];
        _ = uri.options(None, &mut scratch);
        assert_eq!(Uri::parse(&uri.to_string()), Ok(uri));
    }
});
