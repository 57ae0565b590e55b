//! The typed messages, one noun a file.
//!
//! Each is read from the `params` or `data` of an envelope ([`Read`](crate::Read)) and written as
//! one ([`Json`](crate::Json)); the same type serves devices and platforms. Messages without an
//! envelope (time, shadow, binary frames) say so.

pub mod any;
pub mod config;
pub mod desired;
pub mod file;
pub mod frame;
pub mod gateway;
pub mod job;
pub mod log;
pub mod ntp;
pub mod ota;
pub mod pack;
pub mod property;
pub mod session;
pub mod shadow;
pub mod subscription;
pub mod system;
pub mod tag;

/// An object of a message: each member is named once, for reading and writing. With `check`, what a
/// finished value must satisfy besides.
macro_rules! object {
    (
        $(#[$meta:meta])*
        pub struct $name:ident $(<$life:lifetime>)? {
            $($(#[$about:meta])* $member:literal => $field:ident: $type:ty,)*
        }
        $(check $check:expr)?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name $(<$life>)? {
            $($(#[$about])* pub $field: $type,)*
        }

        impl<'a> $crate::list::Read<'a> for $name $(<$life>)? {
            fn read(json: $crate::json::RawJson<'a>) -> Result<Self, $crate::error::Fault> {
                let json = json.object()?;
                let read = Self { $($field: $crate::list::Read::read_member(json, $member)?,)* };
                $(
                    let check: fn(&Self) -> Result<(), $crate::error::Rule> = $check;
                    check(&read).map_err(|rule| $crate::error::Fault::new(rule, json.offset()))?;
                )?
                Ok(read)
            }
        }

        impl<'a> $crate::write::Json for $name $(<$life>)? {
            fn check(&self) -> Result<(), $crate::error::Fault> {
                $(
                    let check: fn(&Self) -> Result<(), $crate::error::Rule> = $check;
                    check(self).map_err(|rule| $crate::error::Fault::new(rule, 0))?;
                )?
                $($crate::write::Json::check(&self.$field)?;)*
                Ok(())
            }

            fn write<O: $crate::out::Out + ?Sized>(&self, to: &mut $crate::write::Writer<'_, O>) {
                to.object(|to| { $(to.member($member, &self.$field);)* });
            }
        }
    };
}

/// A list that is the whole of `params`, with its bound and the rule that states it.
macro_rules! list {
    ($(#[$meta:meta])* pub struct $name:ident<'a>([$type:ty; $max:expr], $rule:ident);) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name<'a>(pub $crate::list::List<'a, $type>);

        impl<'a> $crate::list::Read<'a> for $name<'a> {
            fn read(params: $crate::json::RawJson<'a>) -> Result<Self, $crate::error::Fault> {
                let list = params.params_array($max, $crate::error::Rule::$rule)?;
                $crate::list::List::read(list).map(Self)
            }
        }

        impl $crate::write::Json for $name<'_> {
            fn check(&self) -> Result<(), $crate::error::Fault> {
                self.0.at_most($max, $crate::error::Rule::$rule)?;
                self.0.check()
            }

            fn write<O: $crate::out::Out + ?Sized>(&self, to: &mut $crate::write::Writer<'_, O>) {
                self.0.write(to);
            }
        }
    };
}

/// A closed set of words, written and read as strings.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$about:meta])* $word:literal => $variant:ident,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$about])* $variant,)*
        }

        impl $name {
            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl<'a> $crate::list::Read<'a> for $name {
            fn read(json: $crate::json::RawJson<'a>) -> Result<Self, $crate::error::Fault> {
                let text = $crate::json::Text::read(json)?;
                match text.as_plain() {
                    $(Some($word) => Ok(Self::$variant),)*
                    _ => Err($crate::error::Fault::new($crate::error::Rule::ValueUnknown, json.offset())),
                }
            }
        }

        impl $crate::write::Json for $name {
            fn write<O: $crate::out::Out + ?Sized>(&self, to: &mut $crate::write::Writer<'_, O>) {
                to.text(self.as_str().into());
            }
        }
    };
}

pub(crate) use {list, object, words};
