//! Content-Format: what a payload is, as a number (RFC 7252 §12.3 and the registry it founded).

use core::fmt;

/// The number of a media type and its coding.
///
/// ```
/// use coap_codec::ContentFormat;
///
/// assert_eq!(ContentFormat::CBOR.to_string(), "application/cbor");
/// assert_eq!(ContentFormat(65000).to_string(), "65000");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentFormat(pub u16);

impl ContentFormat {
    /// Plain text in UTF-8.
    pub const TEXT: Self = Self(0);
    /// Link-format (RFC 6690).
    pub const LINK_FORMAT: Self = Self(40);
    /// XML.
    pub const XML: Self = Self(41);
    /// Bytes of no known meaning.
    pub const OCTET_STREAM: Self = Self(42);
    /// EXI.
    pub const EXI: Self = Self(47);
    /// JSON.
    pub const JSON: Self = Self(50);
    /// JSON patch (RFC 6902).
    pub const JSON_PATCH: Self = Self(51);
    /// JSON merge patch (RFC 7396).
    pub const MERGE_PATCH: Self = Self(52);
    /// CBOR (RFC 8949).
    pub const CBOR: Self = Self(60);
    /// SenML in JSON (RFC 8428).
    pub const SENML_JSON: Self = Self(110);
    /// SenML in CBOR (RFC 8428).
    pub const SENML_CBOR: Self = Self(112);
    /// Missing blocks in CBOR (RFC 9177 §5).
    pub const MISSING_BLOCKS: Self = Self(272);

    /// Registered formats with their media types and codings, ascending; without those that are registered for
    /// a time only.
    pub const REGISTRY: &'static [(u16, &'static str)] = &[
        (0, "text/plain; charset=utf-8"),
        (16, "application/cose; cose-type=\"cose-encrypt0\""),
        (17, "application/cose; cose-type=\"cose-mac0\""),
        (18, "application/cose; cose-type=\"cose-sign1\""),
        (19, "application/ace+cbor"),
        (21, "image/gif"),
        (22, "image/jpeg"),
        (23, "image/png"),
        (40, "application/link-format"),
        (41, "application/xml"),
        (42, "application/octet-stream"),
        (47, "application/exi"),
        (50, "application/json"),
        (51, "application/json-patch+json"),
        (52, "application/merge-patch+json"),
        (60, "application/cbor"),
        (61, "application/cwt"),
        (62, "application/multipart-core"),
        (63, "application/cbor-seq"),
        (64, "application/edhoc+cbor-seq"),
        (65, "application/cid-edhoc+cbor-seq"),
        (96, "application/cose; cose-type=\"cose-encrypt\""),
        (97, "application/cose; cose-type=\"cose-mac\""),
        (98, "application/cose; cose-type=\"cose-sign\""),
        (101, "application/cose-key"),
        (102, "application/cose-key-set"),
        (110, "application/senml+json"),
        (111, "application/sensml+json"),
        (112, "application/senml+cbor"),
        (113, "application/sensml+cbor"),
        (114, "application/senml-exi"),
        (115, "application/sensml-exi"),
        (140, "application/yang-data+cbor; id=sid"),
        (256, "application/coap-group+json"),
        (257, "application/concise-problem-details+cbor"),
        (258, "application/swid+cbor"),
        (259, "application/pkixcmp"),
        (260, "application/yang-sid+json"),
        (261, "application/ace-groupcomm+cbor"),
        (262, "application/ace-trl+cbor"),
        (263, "application/eat+cwt"),
        (264, "application/eat+jwt"),
        (265, "application/eat-bun+cbor"),
        (266, "application/eat-bun+json"),
        (267, "application/eat-ucs+cbor"),
        (268, "application/eat-ucs+json"),
        (269, "application/coap-eap"),
        (270, "application/suit-report+cose"),
        (271, "application/dots+cbor"),
        (272, "application/missing-blocks+cbor-seq"),
        (273, "application/cmw+cbor"),
        (274, "application/cmw+json"),
        (275, "application/cmw+cose"),
        (276, "application/cmw+jws"),
        (277, "application/scitt-statement+cose"),
        (278, "application/scitt-receipt+cose"),
        (279, "application/statuslist+cwt"),
        (280, "application/pkcs7-mime; smime-type=server-generated-key"),
        (281, "application/pkcs7-mime; smime-type=certs-only"),
        (284, "application/pkcs8"),
        (285, "application/csrattrs"),
        (286, "application/pkcs10"),
        (287, "application/pkix-cert"),
        (290, "application/aif+cbor"),
        (291, "application/aif+json"),
        (292, "application/aif+cbor; toid=CRI-local-part"),
        (295, "application/measured-component+cbor"),
        (296, "application/measured-component+json"),
        (297, "application/aif+cbor; toid=oscore-gname; tperm=oscore-gperm"),
        (298, "application/aif+json; toid=oscore-gname; tperm=oscore-gperm"),
        (310, "application/senml+xml"),
        (311, "application/sensml+xml"),
        (320, "application/senml-etch+json"),
        (322, "application/senml-etch+cbor"),
        (340, "application/yang-data+cbor"),
        (341, "application/yang-data+cbor; id=name"),
        (432, "application/td+json"),
        (433, "application/tm+json"),
        (434, "application/sdf+json"),
        (553, "application/dns-message"),
        (601, "application/uccs+cbor"),
        (10000, "application/vnd.ocf+cbor"),
        (10001, "application/oscore"),
        (10002, "application/javascript"),
        (10003, "application/eat+cwt; eat_profile=\"tag:psacertified.org,2023:psa#tfm\""),
        (10004, "application/eat+cwt; eat_profile=\"tag:psacertified.org,2019:psa#legacy\""),
        (10005, "application/eat+cwt; eat_profile=2.16.840.1.113741.1.16.1"),
        (10006, "application/vnd.oms.cellular-cose-content+cbor"),
        (10007, "application/syslog-msg"),
        (10570, "application/toc+cbor"),
        (10571, "application/ce+cbor"),
        (10572, "application/toc+cbor; profile=2.16.840.1.113741.1.16.1"),
        (10573, "application/ce+cbor; profile=2.16.840.1.113741.1.16.1"),
        (11050, "application/json; content-coding=deflate"),
        (11060, "application/cbor; content-coding=deflate"),
        (11542, "application/vnd.oma.lwm2m+tlv"),
        (11543, "application/vnd.oma.lwm2m+json"),
        (11544, "application/vnd.oma.lwm2m+cbor"),
        (12000, "text/plain; charset=utf-8; content-coding=zstd"),
        (12041, "application/xml; content-coding=zstd"),
        (12050, "application/json; content-coding=zstd"),
        (20000, "text/css"),
        (20001, "application/vnd.as207960.vas.config+jer"),
        (20002, "application/vnd.as207960.vas.config+uper"),
        (20003, "application/vnd.as207960.vas.tap+jer"),
        (20004, "application/vnd.as207960.vas.tap+uper"),
        (30000, "image/svg+xml"),
    ];

    /// The registered media type.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        let row = Self::REGISTRY.binary_search_by_key(&self.0, |&(number, _)| number).ok()?;
        Self::REGISTRY.get(row).map(|&(_, name)| name)
    }
}

impl fmt::Display for ContentFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for ContentFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentFormat({}, {self})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::ContentFormat;

    #[test]
    fn the_registry_is_sorted() {
        assert!(ContentFormat::REGISTRY.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(ContentFormat::LINK_FORMAT.name(), Some("application/link-format"));
    }
}
