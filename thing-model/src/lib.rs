//! Thing models (TSL) compiled once, device payloads checked straight from bytes, binary payload layouts.
#![no_std]
#![forbid(unsafe_code)]
