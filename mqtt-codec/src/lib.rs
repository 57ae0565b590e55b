//! MQTT 3.1.1 and 5.0 without IO: borrowed packets, framing, a session for both ends, topics and a topic tree.
#![no_std]
#![forbid(unsafe_code)]
