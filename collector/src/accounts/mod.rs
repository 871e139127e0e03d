//! Who acts: accounts with passwords, operating-system users that stand for them, and everybody else.
//!
//! Knows no terminal and no command: [`identify`] says in whose name an order is executed.

mod caller;
mod password;
mod secret;
mod system_user;

pub use caller::{Acting, Caller, SignIn, Witness, identify};
pub use password::{
    PASSWORD_BYTES_MAX, PASSWORD_CHARACTERS_MIN, PasswordError, check_new, hash, is_name,
};
pub use secret::{Secret, close_memory};
pub use system_user::{named, of_uid, own, witness_of_peers};
