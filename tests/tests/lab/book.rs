//! The workbook, read back and compared with the truth.

use std::collections::BTreeMap;
use std::path::Path;

use calamine::{Reader as _, Xlsx, open_workbook};
use tests::lab::company::{Told, Visible};
use tests::lab::truth::{TrueHost, Truth, upstream};

/// The row of hidden keys, and the first one of data, counted from zero.
const KEYS: usize = 3;
const DATA: usize = 5;
/// Of a hundred services with product and version, this many stand in the workbook.
const SERVICES_MIN: usize = 85;

type Row = BTreeMap<String, String>;

/// What the workbook has not right.
pub(crate) fn compare(path: &Path, truth: &Truth) -> anyhow::Result<Vec<String>> {
    let rows = rows(path)?;
    let mut wrong = Vec::new();
    let (mut right, mut of) = (0, 0);
    for host in truth.hosts.iter().filter(|it| !it.is_excluded) {
        let found = systems(&rows, host);
        let [system] = found.as_slice() else {
            wrong.push(format!("workbook: {} stands there {} times", host.name, found.len()));
            continue;
        };
        let id = cell(system, "system.id");
        if host.has_agent {
            wrong.extend(packages(&rows, host, id));
        }
        wrong.extend(certificate(&rows, host, id));
        if host.visible == Visible::Ip {
            let (host_right, host_of) = services(&rows, host, id);
            right += host_right;
            of += host_of;
        }
    }
    if right * 100 < of * SERVICES_MIN {
        wrong.push(format!("workbook: services with product and version: {right} of {of}"));
    }
    Ok(wrong)
}

/// All rows of all sheets by their hidden keys.
fn rows(path: &Path) -> anyhow::Result<Vec<Row>> {
    let mut book: Xlsx<_> = open_workbook(path)?;
    let mut rows = Vec::new();
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name)?;
        let lines: Vec<Vec<String>> =
            range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
        let Some(keys) = lines.get(KEYS) else { continue };
        for line in lines.iter().skip(DATA) {
            rows.push(keys.iter().cloned().zip(line.iter().cloned()).collect());
        }
    }
    Ok(rows)
}

fn cell<'a>(row: &'a Row, key: &str) -> &'a str {
    row.get(key).map_or("", String::as_str)
}

fn systems<'a>(rows: &'a [Row], host: &TrueHost) -> Vec<&'a Row> {
    let is_it = |row: &&Row| {
        let words = format!("{} {}", cell(row, "system.addresses"), cell(row, "system.macs"));
        let mut words = words.split_whitespace().map(|it| it.split('/').next().unwrap_or(it));
        words.any(|it| {
            let it = it.trim_end_matches([',', ';']).to_lowercase();
            host.ips.contains(&it) || host.ip6s.contains(&it) || host.macs.contains(&it)
        })
    };
    rows.iter().filter(|it| it.contains_key("system.id")).filter(is_it).collect()
}

fn packages(rows: &[Row], host: &TrueHost, id: &str) -> Vec<String> {
    let own = |row: &&Row| cell(row, "installation.system") == id;
    let listed: BTreeMap<&str, &str> = rows
        .iter()
        .filter(|it| it.contains_key("installation.id"))
        .filter(own)
        // The truth is dpkg's; packages of languages may bear the same names.
        .filter(|it| cell(it, "installation.manager") == "dpkg")
        .map(|it| (cell(it, "installation.package"), cell(it, "installation.version")))
        .collect();
    let missing = host.packages.iter().filter(|(name, version)| {
        listed.get(name.as_str()).is_none_or(|it| it != &version.as_str())
    });
    let mut wrong: Vec<String> =
        missing.map(|it| format!("workbook: {}: package {it:?}", host.name)).collect();
    if listed.len() > host.packages.len() {
        wrong.push(format!("workbook: {}: {} packages too many", host.name, listed.len()));
    }
    wrong
}

fn certificate(rows: &[Row], host: &TrueHost, id: &str) -> Option<String> {
    let certificate = host.certificate.as_ref()?;
    let is_right = rows.iter().any(|row| {
        cell(row, "certificate.system") == id
            && cell(row, "certificate.subject").contains(&certificate.subject)
            && is_day(cell(row, "certificate.not_after"), &certificate.until)
    });
    (!is_right).then(|| format!("workbook: {}: no certificate {certificate:?}", host.name))
}

/// Whether a cell with a date is that day; the program that reads may show it as a number of days
/// since the end of 1899.
fn is_day(cell: &str, day: &str) -> bool {
    const EPOCH: jiff::civil::Date = jiff::civil::date(1899, 12, 30);
    let days = cell.parse::<f64>().ok().map(f64::floor);
    let wanted = day.parse::<jiff::civil::Date>().ok().and_then(|it| it.since(EPOCH).ok());
    cell.starts_with(day) || wanted.is_some_and(|it| days == Some(f64::from(it.get_days())))
}

/// How many services with a product stand there with it (and the version, if somebody tells it).
fn services(rows: &[Row], host: &TrueHost, id: &str) -> (usize, usize) {
    let named = host.services.iter().filter_map(|it| Some((it, it.product.as_deref()?)));
    let (mut right, mut of) = (0, 0);
    for (service, product) in named {
        of += 1;
        let told = service.version_told == Told::Wire || host.has_agent;
        let version = service.version.as_deref().filter(|_| told).unwrap_or_default();
        let is_right = rows.iter().any(|row| {
            let products = [cell(row, "service.product"), cell(row, "service.package")];
            let versions = ["service.product_version", "service.package_version"];
            let names = service.also.iter().map(String::as_str).chain([product]);
            let mut names = names.map(str::to_lowercase);
            cell(row, "service.system") == id
                && cell(row, "service.port") == service.port.to_string()
                && names.any(|name| products.iter().any(|it| it.to_lowercase().contains(&name)))
                && (version.is_empty()
                    || versions.iter().any(|it| is_version(cell(row, it), version)))
        });
        right += usize::from(is_right);
    }
    (right, of)
}

fn is_version(said: &str, version: &str) -> bool {
    let said = upstream(said);
    !said.is_empty() && version.starts_with(said)
}
