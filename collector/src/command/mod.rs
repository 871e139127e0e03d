//! The commands: what can be ordered, how it is executed, how the reply is shown.
//!
//! An [`Order`] is executed by the one [`Collector`](crate::collector::Collector), in a running
//! server behind its control socket or in this process with the data folder under its lock.

mod assets;
mod execute;
mod order;
mod print;
mod register;
mod work;

pub use execute::{check_writable, execute};
pub use order::{AssetExplanation, AssetHistory, Order, Reply};
pub use print::{Form, print};
pub(crate) use print::{clean, table};
