//! The time of the platform. No envelope: an answer repeats when its question was sent.

use super::object;

object! {
    /// A question for the time.
    pub struct NtpRequest {
        /// Milliseconds on the clock of the device.
        "deviceSendTime" => device_send: TextNumber,
    }
}

object! {
    /// The answer.
    pub struct NtpReply {
        /// As in the question.
        "deviceSendTime" => device_send: TextNumber,
        /// When the question arrived, in milliseconds of UTC.
        "serverRecvTime" => server_receive: TextNumber,
        /// When the answer left, in milliseconds of UTC.
        "serverSendTime" => server_send: TextNumber,
    }
}

impl NtpReply {
    /// Milliseconds of UTC at the moment the answer arrived, `device_receive` on the clock of the
    /// device: the way there and the way back are taken to be equally long.
    ///
    /// ```
    /// use alink::message::ntp::NtpReply;
    ///
    /// let reply = NtpReply {
    ///     device_send: 1_000.into(),
    ///     server_receive: 1_700_000_000_150.into(),
    ///     server_send: 1_700_000_000_151.into(),
    /// };
    /// assert_eq!(reply.now(1_101), Some(1_700_000_000_201));
    /// ```
    #[must_use]
    pub fn now(&self, device_receive: u64) -> Option<u64> {
        let sum =
            u128::from(self.server_receive.0) + u128::from(self.server_send.0) + u128::from(device_receive);
        u64::try_from(sum.checked_sub(self.device_send.0.into())? / 2).ok()
    }
}

/// A number that is a string on the wire; bare numbers are read too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextNumber(pub u64);

impl From<u64> for TextNumber {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl<'a> crate::list::Read<'a> for TextNumber {
    fn read(json: crate::json::RawJson<'a>) -> Result<Self, crate::error::Fault> {
        u64::read(json).map(Self)
    }
}

impl crate::write::Json for TextNumber {
    fn write<O: crate::out::Out + ?Sized>(&self, to: &mut crate::write::Writer<'_, O>) {
        to.put("\"");
        to.unsigned(self.0);
        to.put("\"");
    }
}
