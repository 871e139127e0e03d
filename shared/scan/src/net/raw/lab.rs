//! With the right to raw sockets, on the loopback interface of this machine.

use std::time::{Duration, Instant};

use super::channel::{Frames, LinkChannel, Portable};
use crate::plan::Link;

/// An EtherType for experiments (IEEE 802, 0x88b5): no stack answers it.
const FRAME: [u8; 60] = {
    let mut frame = [0x5a; 60];
    frame[12] = 0x88;
    frame[13] = 0xb5;
    frame
};

#[test]
fn the_portable_channel_sends_frames_and_receives_them() {
    let around = crate::net::surroundings::read().unwrap();
    let link: &Link = around.links.iter().find(|it| it.is_loopback).unwrap();
    let mut channel = Portable::open(link).unwrap();
    let mut frames = Frames::default();
    frames.push(|frame| frame.extend(FRAME));
    assert_eq!(channel.send(&frames, 0).unwrap(), 1);
    let began = Instant::now();
    let mut is_back = false;
    while !is_back && began.elapsed() < Duration::from_secs(2) {
        channel.receive(Duration::from_millis(50), &mut |bytes| is_back |= bytes == FRAME).unwrap();
    }
    assert!(is_back);
}
