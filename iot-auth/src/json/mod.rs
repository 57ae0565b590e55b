//! As much JSON as the platform's requests and answers need.

pub(crate) mod read;
pub(crate) mod write;
