//! Where products that look after machines keep their state on Linux. A row says where to look and what kind
//! of product does so; what the product is, and whether it is one that the company wants, decides the
//! collector.
//!
//! The places are those of the makers' packages and manuals; a row whose place is wrong finds nothing and
//! costs one question to the file system.

use observation::latest::TraceKind;

/// One row.
#[derive(Debug)]
pub(crate) struct Trace {
    /// Its name, by which the collector knows it.
    pub(crate) id: &'static str,
    /// What such products do.
    pub(crate) kind: TraceKind,
    /// Where they are, of which the first that is there counts; the last part may hold `*`.
    pub(crate) places: &'static [&'static str],
    /// Where a file states the version, and how.
    pub(crate) version: Option<(&'static str, Form)>,
    /// Files that name other machines, and the names of the fields that do.
    pub(crate) servers: Option<(&'static [&'static str], &'static [&'static str])>,
    /// What tells of the last run.
    pub(crate) run: Option<(&'static str, Run)>,
}

/// How a file states a value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    /// It is the whole first line.
    Line,
    /// It stands behind a word and a `=`, `:` or blank.
    Field(&'static str),
    /// It is a text of a JSON object.
    Json(&'static str),
}

/// What tells of the last run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Run {
    /// The newest of these files was written when the data arrived that the product works with.
    DataWritten,
    /// The newest of these files was written at the end of a run that succeeded.
    SuccessWritten,
    /// The file holds the time of the last state of a repository that this machine wrote or read
    /// (`2026-11-27T20:00:00.000000`, UTC).
    SuccessTime,
    /// The names of files end in the time of a run (`….20261127T200000Z.…`); the newest is the last.
    SuccessNamed,
    /// A summary of Puppet: `last_run:` and how many resources failed.
    PuppetSummary,
}

const fn trace(id: &'static str, kind: TraceKind, places: &'static [&'static str]) -> Trace {
    Trace { id, kind, places, version: None, servers: None, run: None }
}

impl Trace {
    const fn version(mut self, path: &'static str, form: Form) -> Self {
        self.version = Some((path, form));
        self
    }

    const fn servers(
        mut self,
        files: &'static [&'static str],
        fields: &'static [&'static str],
    ) -> Self {
        self.servers = Some((files, fields));
        self
    }

    const fn run(mut self, files: &'static str, run: Run) -> Self {
        self.run = Some((files, run));
        self
    }
}

use TraceKind::{Backup, MalwareProtection, Management, Monitoring, RemoteSupport};

/// All rows, sorted by id.
pub(crate) const TRACES: &[Trace] = &[
    trace("acronis", Backup, &["/usr/lib/Acronis", "/etc/Acronis"]),
    trace("amanda", Backup, &["/etc/amanda"]),
    trace("ansible_pull", Management, &["/root/.ansible/pull"]),
    trace("anydesk", RemoteSupport, &["/etc/anydesk/system.conf", "/etc/anydesk"]),
    trace("atera", Management, &["/opt/Atera"]),
    trace("backupninja", Backup, &["/etc/backup.d"]),
    trace("backuppc_server", Backup, &["/etc/backuppc", "/etc/BackupPC"]),
    trace("bacula_client", Backup, &["/etc/bacula/bacula-fd.conf"]),
    trace("bacula_server", Backup, &["/etc/bacula/bacula-dir.conf"]),
    trace("bareos_client", Backup, &["/etc/bareos/bareos-fd.d", "/etc/bareos/bareos-fd.conf"]),
    trace("bareos_server", Backup, &["/etc/bareos/bareos-dir.d", "/etc/bareos/bareos-dir.conf"]),
    trace(
        "bitdefender",
        MalwareProtection,
        &["/opt/bitdefender-security-tools", "/opt/BitDefender"],
    ),
    trace("borg", Backup, &["/root/.config/borg", "/root/.cache/borg"])
        .servers(&["/root/.config/borg/security/*/location"], &[])
        .run("/root/.config/borg/security/*/manifest-timestamp", Run::SuccessTime),
    trace("borgmatic", Backup, &["/etc/borgmatic", "/etc/borgmatic.d", "/root/.config/borgmatic"]),
    trace("centrastage", Management, &["/opt/CentraStage", "/usr/local/share/CentraStage"]),
    trace(
        "checkmk_agent",
        Monitoring,
        &["/var/lib/cmk-agent", "/etc/check_mk", "/var/lib/check_mk_agent"],
    ),
    trace("chef", Management, &["/etc/chef/client.rb", "/etc/chef"])
        .servers(&["/etc/chef/client.rb"], &["chef_server_url"]),
    trace("clamav", MalwareProtection, &["/var/lib/clamav", "/etc/clamav"])
        .run("/var/lib/clamav/daily.c?d", Run::DataWritten),
    trace("collectd", Monitoring, &["/etc/collectd", "/etc/collectd.conf"]),
    trace("commvault", Backup, &["/opt/commvault", "/etc/CommVaultRegistry"]),
    trace("cortex_xdr", MalwareProtection, &["/opt/traps"]),
    trace("crowdstrike_falcon", MalwareProtection, &["/opt/CrowdStrike"]),
    trace("datadog_agent", Monitoring, &["/etc/datadog-agent"]),
    trace(
        "defender_endpoint",
        MalwareProtection,
        &["/opt/microsoft/mdatp", "/etc/opt/microsoft/mdatp"],
    )
    .run("/var/opt/microsoft/mdatp/definitions.noindex", Run::DataWritten),
    trace("duplicati", Backup, &["/root/.config/Duplicati", "/var/lib/duplicati"]),
    trace("duplicity", Backup, &["/root/.cache/duplicity"])
        .run("/root/.cache/duplicity/*/*.manifest*", Run::SuccessNamed),
    trace("duply", Backup, &["/etc/duply", "/root/.duply"]),
    trace("elastic_agent", Monitoring, &["/opt/Elastic/Agent"]),
    trace("eset", MalwareProtection, &["/opt/eset"]),
    trace("f_secure", MalwareProtection, &["/opt/f-secure", "/opt/withsecure"]),
    trace(
        "fusioninventory_agent",
        Management,
        &["/etc/fusioninventory/agent.cfg", "/etc/fusioninventory"],
    )
    .servers(&["/etc/fusioninventory/agent.cfg"], &["server"]),
    trace("glpi_agent", Management, &["/etc/glpi-agent/agent.cfg", "/etc/glpi-agent"])
        .servers(&["/etc/glpi-agent/agent.cfg", "/etc/glpi-agent/conf.d/*.cfg"], &["server"]),
    trace("icinga2", Monitoring, &["/etc/icinga2"]),
    trace("insights_client", Management, &["/etc/insights-client"])
        .run("/etc/insights-client/.lastupload", Run::SuccessWritten),
    trace("kaspersky_endpoint", MalwareProtection, &["/opt/kaspersky/kesl"]),
    trace("kopia", Backup, &["/root/.config/kopia"]),
    trace("landscape_client", Management, &["/etc/landscape/client.conf"])
        .servers(&["/etc/landscape/client.conf"], &["url"]),
    trace("maldet", MalwareProtection, &["/usr/local/maldetect"])
        .version("/usr/local/maldetect/VERSION", Form::Line),
    trace(
        "meshagent",
        RemoteSupport,
        &["/usr/local/mesh_services/meshagent", "/opt/meshagent", "/usr/local/mesh"],
    )
    .servers(&["/usr/local/mesh_services/meshagent/meshagent.msh"], &["MeshServer"]),
    trace("monit", Monitoring, &["/etc/monit/monitrc", "/etc/monitrc"]),
    trace("munin_node", Monitoring, &["/etc/munin/munin-node.conf"]),
    trace("nagios_nrpe", Monitoring, &["/etc/nagios/nrpe.cfg"])
        .servers(&["/etc/nagios/nrpe.cfg"], &["allowed_hosts"]),
    trace(
        "nagios_server",
        Monitoring,
        &["/etc/nagios4", "/etc/nagios/nagios.cfg", "/usr/local/nagios/etc"],
    ),
    trace("netbackup", Backup, &["/usr/openv/netbackup"]),
    trace("netdata", Monitoring, &["/etc/netdata"]),
    trace("networker", Backup, &["/nsr/res"]),
    trace("ninja_rmm", Management, &["/opt/NinjaRMMAgent"]),
    trace("nomachine", RemoteSupport, &["/usr/NX"]),
    trace(
        "ocs_agent",
        Management,
        &["/etc/ocsinventory/ocsinventory-agent.cfg", "/etc/ocsinventory"],
    )
    .servers(&["/etc/ocsinventory/ocsinventory-agent.cfg"], &["server"])
    .run("/var/lib/ocsinventory-agent/*/last_state", Run::SuccessWritten),
    trace("omd_server", Monitoring, &["/omd/sites"]),
    trace("opsi_client_agent", Management, &["/etc/opsi-client-agent"]),
    trace("osquery", Monitoring, &["/etc/osquery", "/opt/osquery"]),
    trace(
        "prometheus_node_exporter",
        Monitoring,
        &[
            "/usr/bin/prometheus-node-exporter",
            "/usr/local/bin/node_exporter",
            "/usr/bin/node_exporter",
        ],
    ),
    trace("prometheus_server", Monitoring, &["/etc/prometheus/prometheus.yml"]),
    trace("proxmox_backup_client", Backup, &["/usr/bin/proxmox-backup-client"]),
    trace("proxmox_backup_server", Backup, &["/etc/proxmox-backup"]),
    trace(
        "puppet_agent",
        Management,
        &["/etc/puppetlabs/puppet/puppet.conf", "/etc/puppet/puppet.conf"],
    )
    .version("/opt/puppetlabs/puppet/VERSION", Form::Line)
    .servers(&["/etc/puppetlabs/puppet/puppet.conf", "/etc/puppet/puppet.conf"], &["server"])
    .run("/opt/puppetlabs/puppet/cache/state/last_run_summary.yaml", Run::PuppetSummary),
    trace("rclone", Backup, &["/root/.config/rclone"]),
    trace("restic", Backup, &["/root/.cache/restic"])
        .run("/root/.cache/restic/*/snapshots", Run::DataWritten),
    trace("rkhunter", MalwareProtection, &["/var/lib/rkhunter", "/etc/rkhunter.conf"])
        .run("/var/lib/rkhunter/db/rkhunter.dat", Run::DataWritten),
    trace("rsnapshot", Backup, &["/etc/rsnapshot.conf"]),
    trace(
        "rustdesk",
        RemoteSupport,
        &["/usr/lib/rustdesk", "/usr/share/rustdesk", "/opt/rustdesk"],
    )
    .servers(&["/root/.config/rustdesk/RustDesk2.toml"], &["rendezvous_server"]),
    trace("salt_minion", Management, &["/etc/salt/minion", "/etc/salt/minion.d"])
        .servers(&["/etc/salt/minion", "/etc/salt/minion.d/*.conf"], &["master"]),
    trace("sanoid", Backup, &["/etc/sanoid"]),
    trace("sentinelone", MalwareProtection, &["/opt/sentinelone"]),
    trace("snapper", Backup, &["/etc/snapper/configs"]),
    trace("snmpd", Monitoring, &["/etc/snmp/snmpd.conf"]),
    trace("sophos", MalwareProtection, &["/opt/sophos-spl", "/opt/sophos-av"])
        .version("/opt/sophos-spl/base/VERSION.ini", Form::Field("PRODUCT_VERSION")),
    trace("synology_active_backup", Backup, &["/opt/Synology/ActiveBackupforBusiness"]),
    trace("tactical_rmm", Management, &["/etc/tacticalagent"]),
    trace("teamviewer", RemoteSupport, &["/etc/teamviewer/global.conf", "/opt/teamviewer"])
        .version("/etc/teamviewer/global.conf", Form::Field("[strng] Version")),
    trace("telegraf", Monitoring, &["/etc/telegraf"]),
    trace("timeshift", Backup, &["/etc/timeshift/timeshift.json", "/etc/timeshift.json"]),
    trace("trellix", MalwareProtection, &["/opt/McAfee", "/opt/trellix"]),
    trace("trend_micro", MalwareProtection, &["/opt/ds_agent", "/opt/TrendMicro"]),
    trace("tsm_client", Backup, &["/opt/tivoli/tsm/client"])
        .servers(&["/opt/tivoli/tsm/client/ba/bin/dsm.sys"], &["TCPServeraddress"]),
    trace(
        "urbackup_client",
        Backup,
        &["/var/urbackup/data_1", "/usr/local/var/urbackup/data_1", "/etc/urbackup"],
    ),
    trace("urbackup_server", Backup, &["/var/urbackup/backup_server.db"]),
    trace(
        "veeam_agent",
        Backup,
        &["/var/lib/veeam/veeam_db.sqlite", "/etc/veeam/veeam.ini", "/var/lib/veeam"],
    ),
    trace("vnc_tigervnc", RemoteSupport, &["/etc/tigervnc"]),
    trace("vnc_x11vnc", RemoteSupport, &["/usr/bin/x11vnc"]),
    trace("wazuh_agent", Monitoring, &["/var/ossec/etc/ossec.conf", "/var/ossec"])
        .version("/var/ossec/VERSION.json", Form::Json("version")),
    trace("xrdp", RemoteSupport, &["/etc/xrdp/xrdp.ini"]),
    trace(
        "zabbix_agent",
        Monitoring,
        &["/etc/zabbix/zabbix_agentd.conf", "/etc/zabbix_agentd.conf"],
    )
    .servers(
        &["/etc/zabbix/zabbix_agentd.conf", "/etc/zabbix/zabbix_agentd.d/*.conf"],
        &["Server", "ServerActive"],
    ),
    trace("zabbix_agent2", Monitoring, &["/etc/zabbix/zabbix_agent2.conf"]).servers(
        &["/etc/zabbix/zabbix_agent2.conf", "/etc/zabbix/zabbix_agent2.d/*.conf"],
        &["Server", "ServerActive"],
    ),
    trace("zabbix_server", Monitoring, &["/etc/zabbix/zabbix_server.conf"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_have_absolute_places() {
        let ids: Vec<&str> = TRACES.iter().map(|it| it.id).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted);
        for row in TRACES {
            assert!(!row.places.is_empty(), "{}", row.id);
            assert!(row.places.iter().all(|it| it.starts_with('/')), "{}", row.id);
        }
    }
}
