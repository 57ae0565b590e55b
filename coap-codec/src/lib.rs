//! CoAP without IO: messages, options, TCP framing, link-format and an endpoint with observe and block-wise transfer.
#![no_std]
#![forbid(unsafe_code)]
