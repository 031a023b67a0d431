//! What has changed in a room, in the notices that a node's sockets must have.

use super::view::{Member, NodeId, View};
use crate::store::{Address, Notice};

/// What those members must know that `hears` is true of, all of this node.
pub(super) fn difference(
    node: NodeId,
    old: &View,
    new: &View,
    hears: impl Fn(&Member) -> bool,
) -> Vec<Notice> {
    let in_old = |member: &Member| old.members.iter().any(|other| other.is_same_stay(member));
    let in_new = |member: &Member| new.members.iter().any(|other| other.is_same_stay(member));
    // Given up for lost and back again: the others take it for a newcomer, and so it does
    // them. Two such peers of this node have never lost one another.
    let is_back = |member: &Member| {
        let before = old.member(member.peer);
        member.node == node
            && before.is_some_and(|before| before.node == node && before.rank != member.rank)
    };
    let hearers: Vec<&Member> = new.members.iter().filter(|member| hears(member)).collect();
    let mut notices = Vec::new();
    for peer in &old.members {
        let stays = in_new(peer);
        let back = new.member(peer.peer).is_some_and(&is_back);
        let to = hearers.iter().filter(|member| {
            let lost = is_back(member) && !back;
            let saw_it_go = !stays && in_old(member) && member.peer != peer.peer;
            (lost && member.peer != peer.peer) || saw_it_go
        });
        let to = to.map(|member| address(member)).collect();
        let peer = peer.peer;
        notices.extend(notice(to, |to| Notice::PeerLeft { to, peer }));
    }
    for peer in &new.members {
        let came = !in_old(peer);
        let back = is_back(peer);
        let to = hearers.iter().filter(|member| {
            let elder = member.rank < peer.rank;
            elder && (came || is_back(member)) && !(back && is_back(member))
        });
        let to = to.map(|member| address(member)).collect();
        let peer = peer.peer;
        notices.extend(notice(to, |to| Notice::NewPeer { to, peer }));
    }
    notices
}

/// A node's own peers in a room.
pub(super) fn mine(node: NodeId, view: &View) -> impl Iterator<Item = &Member> {
    view.members
        .iter()
        .filter(move |member| member.node == node)
}

pub(super) fn address(member: &Member) -> Address {
    Address {
        peer: member.peer,
        visit: member.visit,
    }
}

/// A notice, unless it is for nobody.
pub(super) fn notice(
    to: Vec<Address>,
    notice: impl FnOnce(Vec<Address>) -> Notice,
) -> Option<Notice> {
    (!to.is_empty()).then(|| notice(to))
}
