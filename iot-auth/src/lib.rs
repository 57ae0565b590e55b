//! Signed identities for Alink-style IoT platforms: connection parameters for every secure mode, and their verification.
#![no_std]
#![forbid(unsafe_code)]
