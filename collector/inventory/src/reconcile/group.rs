//! Which observers mean the same asset.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::evidence::{Decision, Grouping, MemberEvidence};
use crate::asset::{AssetId, ObserverId};

/// Observers sorted into assets: a pure function of the set of evidence and the set of decisions.
#[must_use]
pub fn group(members: &[MemberEvidence], _decisions: &[Decision]) -> Vec<Grouping> {
    let mut sorted: Vec<&MemberEvidence> = members.iter().collect();
    sorted.sort_by(|left, right| {
        (left.first_received_at, &left.observer).cmp(&(right.first_received_at, &right.observer))
    });
    let alone = |it: &MemberEvidence| Grouping {
        asset: asset_id(it.first_received_at, &it.observer),
        members: vec![it.observer.clone()],
        links: Vec::new(),
    };
    sorted.into_iter().map(alone).collect()
}

/// The identity of the asset whose first member was first heard of at this moment: UUIDv7 in form,
/// the same whenever it is made again.
fn asset_id(first_received_at: Timestamp, observer: &ObserverId) -> AssetId {
    let text = serde_json::to_vec(observer).unwrap_or_default();
    let digest = Sha256::digest(text);
    let mut random = [0_u8; 10];
    for (to, from) in random.iter_mut().zip(digest) {
        *to = from;
    }
    let millis = u64::try_from(first_received_at.as_millisecond()).unwrap_or_default();
    AssetId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}
