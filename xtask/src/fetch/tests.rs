//! Tests against temporary folders and a scripted server on the loopback interface.

mod mirror;
mod place;
mod server;
mod support;
mod upstream;
