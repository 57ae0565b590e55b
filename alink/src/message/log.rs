//! Log lines of a device. None may be posted while the log configuration is off.

use core::fmt;

use super::{list, object, words};
use crate::error::{Fault, Rule};
use crate::json::{RawJson, Text};
use crate::list::Read;
use crate::out::Out;
use crate::write::{Json, Writer};

words! {
    /// How grave a line is.
    pub enum Level {
        /// The device cannot go on.
        "FATAL" => Fatal,
        /// Something failed.
        "ERROR" => Error,
        /// Something is odd.
        "WARN" => Warn,
        /// Something has happened.
        "INFO" => Info,
        /// For developers.
        "DEBUG" => Debug,
    }
}

object! {
    /// One line.
    pub struct LogLine<'a> {
        /// When.
        "utcTime" => time: LogTime,
        /// How grave.
        "logLevel" => level: Level,
        /// Which part of the device.
        "module" => module: Text<'a>,
        /// A code of the device's own, as a string.
        "code" => code: Text<'a>,
        /// What joins lines of one course of events.
        "traceContext" => trace: Option<Text<'a>>,
        /// What to say.
        "logContent" => content: Text<'a>,
    }
}

list! {
    /// The `params` of a log post.
    pub struct LogPost<'a>([LogLine<'a>; 200], ListTooLong);
}

/// Milliseconds of UTC, written `2023-11-14T22:13:20.000+0000`.
///
/// ```
/// use alink::message::log::LogTime;
///
/// assert_eq!(LogTime(1_700_000_000_000).to_string(), "2023-11-14T22:13:20.000+0000");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogTime(pub u64);

const DAY: u64 = 86_400_000;

impl LogTime {
    /// Year, month and day of the proleptic Gregorian calendar, counting years from March.
    fn date(self) -> (u64, u64, u64) {
        let days = self.0 / DAY + 719_468;
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let civil = if month < 10 { month + 3 } else { month - 9 };
        (year + era * 400 + u64::from(civil <= 2), civil, day - (153 * month + 2) / 5 + 1)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut fields = [0_u64; 7];
        let mut rest = text;
        for (field, (digits, behind)) in
            fields.iter_mut().zip([(4, "-"), (2, "-"), (2, "T"), (2, ":"), (2, ":"), (2, "."), (3, "")])
        {
            let (number, tail) = rest.split_at_checked(digits)?;
            if !number.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            *field = number.parse().ok()?;
            rest = tail.strip_prefix(behind)?;
        }
        let [year, month, day, hour, minute, second, milli] = fields;
        if !(1970..=9999).contains(&year) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        // The zone: `+0000`, or another to take off.
        let (sign, zone) = rest.split_at_checked(1)?;
        let (hours, minutes) = zone.split_at_checked(2)?;
        if zone.len() != 4 || !zone.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let offset = (hours.parse::<u64>().ok()? * 60 + minutes.parse::<u64>().ok()?) * 60_000;
        let (march, month_from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let of_era = march % 400;
        let days = march / 400 * 146_097 + of_era * 365 + of_era / 4 - of_era / 100
            + (153 * month_from_march + 2) / 5
            + day;
        let days = days.checked_sub(719_469)?;
        let local = days * DAY + ((hour * 60 + minute) * 60 + second) * 1000 + milli;
        let time = Self(match sign {
            "+" => local.checked_sub(offset)?,
            "-" => local + offset,
            _ => return None,
        });
        // A day the month does not have comes out as another one.
        (offset != 0 || time.date() == (year, month, day)).then_some(time)
    }
}

impl fmt::Display for LogTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        let (milli, second) = (self.0 % 1000, self.0 / 1000 % 60);
        let (minute, hour) = (self.0 / 60_000 % 60, self.0 / 3_600_000 % 24);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}+0000")
    }
}

impl<'a> Read<'a> for LogTime {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        let text = Text::read(json)?.as_plain().and_then(Self::parse);
        text.ok_or(Fault::new(Rule::ValueUnknown, json.offset()))
    }
}

impl Json for LogTime {
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.put("\"");
        to.display(self);
        to.put("\"");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn times_read_back() {
        for ms in [0, 1, 951_782_400_000, 951_868_800_123, 1_700_000_000_000, 4_102_444_799_999] {
            let text = LogTime(ms).to_string();
            assert_eq!(LogTime::parse(&text), Some(LogTime(ms)), "{text}");
        }
        assert_eq!(LogTime(951_782_400_000).to_string(), "2000-02-29T00:00:00.000+0000");
        assert_eq!(LogTime::parse("2023-11-15T06:13:20.000+0800"), Some(LogTime(1_700_000_000_000)));
        for bad in [
            "",
            "2023-11-14",
            "2023-02-30T00:00:00.000+0000",
            "2023-13-01T00:00:00.000+0000",
            "2023-11-14T24:00:00.000+0000",
        ] {
            assert_eq!(LogTime::parse(bad), None, "{bad}");
        }
    }
}
