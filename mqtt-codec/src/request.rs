//! Request and response over publish and subscribe (5.0 §4.10): a response topic says where the answer goes, correlation
//! data which request it answers.

use crate::{EncodeError, PacketType, Properties, Property, Publish, TopicName};

/// What makes a message a request.
///
/// ```
/// use mqtt_codec::{Publish, Request, TopicName};
///
/// // The asking side:
/// let request = Request { response_topic: TopicName::new("pump-7/answers")?, correlation: Some(b"42") };
/// let (list, count) = request.list();
/// let asked = Publish {
///     properties: Request::properties(&list[..count])?,
///     ..Publish::new(TopicName::new("valve-3/open")?, b"{}")
/// };
/// // The answering side:
/// let got = Request::of(&asked).expect("a request");
/// let (list, count) = got.answer_list();
/// let answer =
///     Publish { properties: Request::properties(&list[..count])?, ..Publish::new(got.response_topic, b"done") };
/// // And the asking side again:
/// assert!(request.is_answered_by(&answer));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Where the answer goes.
    pub response_topic: TopicName<'a>,
    /// What tells the answers on that topic apart.
    pub correlation: Option<&'a [u8]>,
}

impl<'a> Request<'a> {
    /// The request that a message is, if it names a response topic.
    #[must_use]
    pub fn of(publish: &Publish<'a>) -> Option<Self> {
        let response_topic = publish.properties.response_topic()?;
        Some(Self { response_topic, correlation: publish.properties.correlation_data() })
    }

    /// The properties of a request, and how many of them there are.
    #[must_use]
    pub fn list(&self) -> ([Property<'a>; 2], usize) {
        let topic = Property::ResponseTopic(self.response_topic);
        match self.correlation {
            Some(data) => ([topic, Property::CorrelationData(data)], 2),
            None => ([topic, topic], 1),
        }
    }

    /// The properties of an answer, and how many of them there are.
    #[must_use]
    pub fn answer_list(&self) -> ([Property<'a>; 1], usize) {
        (
            [Property::CorrelationData(self.correlation.unwrap_or_default())],
            usize::from(self.correlation.is_some()),
        )
    }

    /// Makes the properties of a PUBLISH of a list.
    ///
    /// # Errors
    /// The list breaks a rule, such as correlation data of more than 65,535 bytes.
    pub fn properties(list: &'a [Property<'a>]) -> Result<Properties<'a>, EncodeError> {
        Properties::new(PacketType::Publish, list)
    }

    /// Whether a message that came on the response topic answers this request.
    #[must_use]
    pub fn is_answered_by(&self, publish: &Publish<'_>) -> bool {
        publish.topic == self.response_topic && publish.properties.correlation_data() == self.correlation
    }
}

#[cfg(test)]
mod tests {
    use super::Request;
    use crate::{Publish, TopicName};

    #[test]
    fn answers_are_told_apart() {
        let topic = TopicName::new("answers").unwrap();
        let requests = [None, Some(&b""[..]), Some(b"1"), Some(b"2")]
            .map(|correlation| Request { response_topic: topic, correlation });
        for asked in &requests {
            for other in &requests {
                let (list, count) = other.answer_list();
                let properties = Request::properties(&list[..count]).unwrap();
                let answer = Publish { properties, ..Publish::new(topic, b"") };
                assert_eq!(asked.is_answered_by(&answer), asked == other);
            }
            let (list, count) = asked.list();
            let properties = Request::properties(&list[..count]).unwrap();
            let message = Publish { properties, ..Publish::new(TopicName::new("t").unwrap(), b"") };
            assert_eq!(Request::of(&message), Some(*asked));
        }
        assert_eq!(Request::of(&Publish::new(topic, b"")), None);
    }
}
