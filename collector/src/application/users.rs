//! From what was typed about accounts and claims to orders.

use std::path::Path;

use wording::{Language, Wording};

use super::{config, data_dir, form, prompt, show};
use crate::accounts::{self, Acting, Secret, SignIn};
use crate::arguments::{Arguments, AuditCommand, BackupCommand, Command, UserCommand};
use crate::command::{self, ClaimOrder, Form, LogOrder, Order, UserOrder};
use crate::failure::{ExitCode, Failure};
use crate::serve;

/// The account that a command signs in as, with its password; none: it does not.
pub(super) fn sign_in(arguments: &Arguments, wording: &Wording) -> Result<Option<SignIn>, Failure> {
    let Some(name) = arguments.as_account.as_ref().filter(|_| asks(&arguments.command)) else {
        if let Some(name) = &arguments.as_account {
            return Err(Failure::new(ExitCode::Usage, "as-not-here", name.as_str()));
        }
        // Without an account that acts, the file is for the one that is made or changed.
        let is_used = matches!(
            arguments.command,
            Command::User(
                UserCommand::Add { .. }
                    | UserCommand::Password { .. }
                    | UserCommand::Recover { .. }
            )
        );
        if arguments.password_file.is_some() && !is_used {
            return Err(Failure::new(ExitCode::Usage, "password-file-alone", ""));
        }
        return Ok(None);
    };
    let password = match &arguments.password_file {
        Some(path) => prompt::from_file(path)?,
        None => prompt::password(name, wording)?,
    };
    Ok(Some(SignIn { name: name.clone(), password }))
}

/// Whether a command is an order to the collector, which somebody gives.
const fn asks(command: &Command) -> bool {
    match command {
        Command::Quick { .. }
        | Command::Serve
        | Command::Scanner { .. }
        | Command::Completions { .. }
        | Command::User(UserCommand::Recover { .. })
        | Command::Backup(BackupCommand::Restore { .. }) => false,
        Command::Agent(_)
        | Command::Asset(_)
        | Command::Audit(_)
        | Command::Backup(BackupCommand::Create { .. })
        | Command::Export(_)
        | Command::Import(_)
        | Command::Register(_)
        | Command::Scan(_)
        | Command::Snapshot(_)
        | Command::Undo { .. }
        | Command::User(_) => true,
    }
}

pub(super) fn audit_order(command: &AuditCommand, language: Language) -> (Order, Form) {
    let language = language.tag().to_owned();
    match command {
        AuditCommand::Log { since, object, after, limit, output } => {
            let (since, object) = (*since, object.clone());
            let order = LogOrder { after: *after, since, object, limit: *limit };
            (Order::AuditLog(order), form(*output))
        }
        AuditCommand::Verify => (Order::AuditVerify, Form::Table),
        AuditCommand::Pending { output } => (Order::Claim(ClaimOrder::Pending), form(*output)),
        AuditCommand::Confirm { claims, output } => {
            (Order::Claim(ClaimOrder::Confirm { names: claims.clone() }), form(*output))
        }
        AuditCommand::Reject { claims, output } => {
            let names = claims.clone();
            (Order::Claim(ClaimOrder::Reject { names, language }), form(*output))
        }
    }
}

/// Gives an admin another password, in this process: no running collector is asked, and while one runs the folder is
/// locked.
pub(super) async fn recover(
    arguments: &Arguments,
    name: &str,
    new_password_file: Option<&Path>,
    wording: &'static Wording,
) -> Result<(), Failure> {
    let opened = serve::open(&data_dir(arguments)?, &config(arguments)?).await;
    let collector = opened.map_err(|failure| match failure.key.as_str() {
        "locked" => Failure::new(ExitCode::Conflict, "recover-running", failure.object),
        _ => failure,
    })?;
    let password = match new_password_file.or(arguments.password_file.as_deref()) {
        Some(path) => prompt::from_file(path)?,
        None => prompt::new_password(name, wording)?,
    };
    let actor = Acting::user(&accounts::own()).actor;
    let reply = command::recover(&collector, &actor, name, password).await?;
    show(&reply, Form::Table, None, wording)
}

pub(super) fn user_order(
    arguments: &Arguments,
    command: &UserCommand,
    wording: &Wording,
) -> Result<(Order, Form), Failure> {
    // With an account that acts, `--password-file` is the password of that one.
    let given = arguments.password_file.as_deref().filter(|_| arguments.as_account.is_none());
    let new_password = |name: &str, file: Option<&Path>| -> Result<Secret, Failure> {
        match file.or(given) {
            Some(path) => prompt::from_file(path),
            None => prompt::new_password(name, wording),
        }
    };
    let (order, output) = match command {
        UserCommand::Add { name, access, role, system_user, new_password_file, no_password } => {
            let password = match no_password {
                true => None,
                false => Some(new_password(name, new_password_file.as_deref())?),
            };
            let order = UserOrder::Add {
                name: name.clone(),
                access: (*access).into(),
                roles: role.clone(),
                system_user: system_user.clone(),
                password,
            };
            (order, None)
        }
        UserCommand::List { output } => (UserOrder::List, *output),
        UserCommand::Remove { name } => (UserOrder::Remove { name: name.clone() }, None),
        UserCommand::Role { name, access, add, remove, system_user, no_system_user } => {
            let order = UserOrder::Role {
                name: name.clone(),
                access: access.map(Into::into),
                add: add.clone(),
                remove: remove.clone(),
                system_user: system_user.clone().or_else(|| no_system_user.then(String::new)),
            };
            (order, None)
        }
        UserCommand::Password { name, new_password_file } => {
            let password = new_password(name, new_password_file.as_deref())?;
            (UserOrder::Password { name: name.clone(), password }, None)
        }
        UserCommand::Recover { .. } => {
            return Err(Failure::new(ExitCode::Failed, "internal", "recover"));
        }
    };
    Ok((Order::User(order), form(output)))
}
