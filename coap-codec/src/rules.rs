//! What a decoder insists on where the specifications leave a choice.

/// Choices of a receiver. [`Rules::new`] is the default.
///
/// | field | default | otherwise |
/// |---|---|---|
/// | `max_token` | 8: longer ones are a format error (RFC 7252 §3) | up to 65,804 (RFC 8974) |
/// | `max_frame` | 1152: longer frames of a stream are refused (RFC 8323 §5.3.1) | what the own CSM said |
/// | `class_3` | accept: a code 3.dd is a response (RFC 7252 §12.1) | refuse: it is reserved (§3) |
/// | `text` | accept: bytes are handed on as they are | refuse text options that are not UTF-8, and `.` and `..` in Uri-Path |
/// | `short_block` | refuse: 4.00 where a block with more to come is not the block size | accept |
///
/// ```
/// use coap_codec::{Policy, Rules};
///
/// let rules = Rules::new().max_token(64).text(Policy::Refuse);
/// assert_eq!(rules.class_3, Policy::Accept);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Rules {
    /// The longest token taken, in bytes. Above eight, extended lengths are read.
    pub max_token: u32,
    /// The longest frame taken from a stream, in bytes, header included.
    pub max_frame: u32,
    /// Codes of class 3: a response, or reserved.
    pub class_3: Policy,
    /// Text that is not UTF-8 and path segments of dots.
    pub text: Policy,
    /// A block that announces more but does not fill its size.
    pub short_block: Policy,
}

/// One choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// Let it pass.
    Accept,
    /// Refuse the message.
    Refuse,
}

impl Rules {
    /// The defaults of the table above.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_token: 8,
            max_frame: 1152,
            class_3: Policy::Accept,
            text: Policy::Accept,
            short_block: Policy::Refuse,
        }
    }

    /// The same, with tokens up to `bytes`.
    #[must_use]
    pub const fn max_token(self, bytes: u32) -> Self {
        Self { max_token: bytes, ..self }
    }

    /// The same, with frames up to `bytes`.
    #[must_use]
    pub const fn max_frame(self, bytes: u32) -> Self {
        Self { max_frame: bytes, ..self }
    }

    /// The same, with this choice for codes of class 3.
    #[must_use]
    pub const fn class_3(self, policy: Policy) -> Self {
        Self { class_3: policy, ..self }
    }

    /// The same, with this choice for text options.
    #[must_use]
    pub const fn text(self, policy: Policy) -> Self {
        Self { text: policy, ..self }
    }

    /// The same, with this choice for short blocks.
    #[must_use]
    pub const fn short_block(self, policy: Policy) -> Self {
        Self { short_block: policy, ..self }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::new()
    }
}
