//! Alink messages and topics, and device, gateway and bridge flows over any transport.
#![no_std]
#![forbid(unsafe_code)]
