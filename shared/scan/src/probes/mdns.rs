//! Multicast DNS (RFC 6762) and DNS-SD (RFC 6763): the name of a device and the services that it
//! announces.
//!
//! Asked by unicast from another port than 5353 (§6.7): the device answers to us alone, nothing is
//! sent to the group. Three rounds: which kinds of services; which instances; where and with which
//! texts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use hickory_proto::op::Message;
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use observation::latest::{AnnouncedService, Fact, ServiceProtocol, Statement};

use super::{Conversation, Datagram, End, Method, Probe, Reading, Step, Subject};
use crate::packet::dns::{Answer, answer, name_text, pointer, question, strings};
use crate::packet::statements::Statements;
use crate::packet::text::clean;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.mdns",
    method: Method::Datagram(Datagram { port: 5353, is_answered_from_any_port: false, begin }),
};

const KINDS_MAX: usize = 16;
const INSTANCES_MAX: usize = 32;
/// Texts of one service that are kept; a printer has about twenty.
const TEXTS_MAX: usize = 32;
/// Questions after the first: a device that always knows one more is not asked for ever.
const ROUNDS_MAX: usize = 4;
/// Questions of one datagram.
const QUESTIONS_MAX: usize = 24;

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    let [first, second, ..] = subject.random;
    Box::new(Device {
        subject: subject.clone(),
        id: u16::from_be_bytes([first, second]),
        said: subject.udp_statements(),
        is_proven: false,
        rounds: 0,
        asked: BTreeSet::new(),
        names: Names::default(),
        kinds: Vec::new(),
        instances: BTreeMap::new(),
        model: None,
    })
}

struct Device {
    subject: Subject,
    id: u16,
    said: Statements,
    is_proven: bool,
    rounds: usize,
    asked: BTreeSet<(Name, RecordType)>,
    names: Names,
    /// `_ipp._tcp.local.`
    kinds: Vec<Name>,
    instances: BTreeMap<Name, Instance>,
    model: Option<Vec<u8>>,
}

/// What the device is called, the surest first.
#[derive(Debug, Default)]
struct Names {
    /// The owner of a record with the address that was asked.
    of_address: Option<Name>,
    /// What the address's own name points at.
    reverse: Option<Name>,
}

impl Names {
    fn best(&self) -> Option<&Name> {
        self.of_address.as_ref().or(self.reverse.as_ref())
    }
}

#[derive(Debug, Default)]
struct Instance {
    target: Option<(Name, u16)>,
    texts: Option<Vec<Vec<u8>>>,
}

impl Conversation for Device {
    fn open(&mut self) -> Vec<u8> {
        let first =
            [(local("_services._dns-sd._udp"), RecordType::PTR), (self.reverse(), RecordType::PTR)];
        self.ask(first.into()).unwrap_or_default()
    }

    fn read(&mut self, received: &[u8]) -> Step {
        // §6.7: the number is repeated; some responders send zero as in multicast answers.
        match answer(received, &[self.id, 0]) {
            Answer::Ours(message) => self.heard(&message),
            Answer::Broken => self.said.complain("an answer is broken"),
            Answer::Foreign => return Step::More,
        }
        self.is_proven = true;
        self.next()
    }

    fn finish(mut self: Box<Self>, _received: &[u8], _why: End) -> Reading {
        if !self.is_proven {
            return Reading::default();
        }
        let services = self.services();
        let host = self.names.best().cloned().or_else(|| self.agreed_target());
        if let Some(host) = host {
            self.said.say(Statement::Name, &name_text(&host));
        }
        if let Some(model) = self.model.take() {
            self.said.say(Statement::Model, &model);
        }
        let mut reading = self.subject.udp_answer(ServiceProtocol::Mdns, self.said);
        reading.facts.extend(services.into_iter().map(Fact::AnnouncedService));
        reading
    }
}

impl Device {
    fn reverse(&self) -> Name {
        Name::from(self.subject.address)
    }

    fn ask(&mut self, names: Vec<(Name, RecordType)>) -> Option<Vec<u8>> {
        let names: Vec<_> = names
            .into_iter()
            .filter(|it| self.asked.insert(it.clone()))
            .take(QUESTIONS_MAX)
            .collect();
        question(self.id, DNSClass::IN, if names.is_empty() { return None } else { &names })
    }

    /// What is still missing and was not asked for.
    fn next(&mut self) -> Step {
        if self.kinds.is_empty() {
            // The kinds may come in another datagram than the name.
            return Step::More;
        }
        let mut wanted: Vec<(Name, RecordType)> =
            self.kinds.iter().map(|it| (it.clone(), RecordType::PTR)).collect();
        for (name, instance) in &self.instances {
            if instance.target.is_none() {
                wanted.push((name.clone(), RecordType::SRV));
            }
            if instance.texts.is_none() {
                wanted.push((name.clone(), RecordType::TXT));
            }
        }
        wanted.extend(self.device_info().map(|it| (it, RecordType::TXT)));
        if self.rounds < ROUNDS_MAX
            && let Some(bytes) = self.ask(wanted)
        {
            self.rounds += 1;
            return Step::Send(bytes);
        }
        if self.is_complete() { Step::Done } else { Step::More }
    }

    fn is_complete(&self) -> bool {
        let is_known = |it: &Name| self.instances.keys().any(|instance| it.zone_of(instance));
        self.kinds.iter().all(is_known)
            && self.instances.values().all(|it| it.target.is_some() && it.texts.is_some())
    }

    /// Where devices of one maker tell their model, without listing it among the services.
    fn device_info(&self) -> Option<Name> {
        let host = self.names.best().cloned().or_else(|| self.agreed_target())?;
        let label = host.iter().next()?;
        local("_device-info._tcp").prepend_label(label).ok()
    }

    /// The host that all instances name, where they name one.
    fn agreed_target(&self) -> Option<Name> {
        let mut targets = self.instances.values().filter_map(|it| Some(&it.target.as_ref()?.0));
        let first = targets.next()?;
        targets.all(|it| it == first).then(|| first.clone())
    }

    fn heard(&mut self, message: &Message) {
        let listed = local("_services._dns-sd._udp");
        let reverse = self.reverse();
        // Pointers first: only what they lead to is looked at.
        for record in message.answers.iter().chain(&message.additionals) {
            let Some(target) = pointer(record) else { continue };
            if record.name == listed {
                self.add_kind(target);
            } else if record.name == reverse {
                self.names.reverse.get_or_insert_with(|| target.clone());
            } else if self.kinds.contains(&record.name) && record.name.zone_of(target) {
                self.add_instance(target);
            }
        }
        for record in message.answers.iter().chain(&message.additionals) {
            self.heard_of(record);
        }
    }

    fn add_kind(&mut self, kind: &Name) {
        let is_kind = kind.num_labels() == 3 && kind.iter().take(2).all(|it| it.starts_with(b"_"));
        if is_kind && self.kinds.len() < KINDS_MAX && !self.kinds.contains(kind) {
            self.kinds.push(kind.clone());
        }
    }

    fn add_instance(&mut self, name: &Name) {
        if self.instances.len() < INSTANCES_MAX && name.num_labels() == 4 {
            self.instances.entry(name.clone()).or_default();
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "four of many kinds are wanted")]
    fn heard_of(&mut self, record: &Record) {
        let address: IpAddr = match &record.data {
            RData::A(it) => it.0.into(),
            RData::AAAA(it) => it.0.into(),
            RData::SRV(it) => {
                if let Some(instance) = self.instances.get_mut(&record.name) {
                    instance.target.get_or_insert_with(|| (it.target.clone(), it.port));
                }
                return;
            }
            RData::TXT(_) => return self.heard_texts(record),
            _ => return,
        };
        if address == self.subject.address {
            self.names.of_address.get_or_insert_with(|| record.name.clone());
        }
    }

    fn heard_texts(&mut self, record: &Record) {
        let Some(strings) = strings(record) else { return };
        let strings = strings.iter().take(TEXTS_MAX).map(|it| it.to_vec());
        if let Some(instance) = self.instances.get_mut(&record.name) {
            instance.texts.get_or_insert_with(|| strings.collect());
        } else if self.device_info().as_ref() == Some(&record.name) {
            self.model =
                strings.filter_map(|it| it.strip_prefix(b"model=").map(<[u8]>::to_vec)).next();
        }
    }

    /// What the device announces for itself; what it announces for another (a sleeping one) is told
    /// and left out.
    fn services(&mut self) -> Vec<AnnouncedService> {
        let host = self.names.best().cloned();
        let mut services = Vec::new();
        for (name, instance) in std::mem::take(&mut self.instances) {
            let port = instance.target.as_ref().map(|it| it.1);
            if let (Some(host), Some((target, _))) = (&host, &instance.target)
                && host != target
            {
                self.said.complain("a service is announced for another host");
                continue;
            }
            self.instances.insert(name.clone(), Instance { target: instance.target, texts: None });
            let mut labels = name.iter();
            let own = labels.next().unwrap_or_default();
            let kind: Vec<&[u8]> = labels.take(2).collect();
            services.push(AnnouncedService {
                instance: self.cleaned(own),
                service: self.cleaned(&kind.join(b".".as_slice())),
                port,
                texts: self.texts(instance.texts.unwrap_or_default()),
            });
        }
        services
    }

    /// RFC 6763 §6.4: `key=value`, or a key alone; what has no key says nothing.
    fn texts(&mut self, strings: Vec<Vec<u8>>) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        for string in strings {
            let end = string.iter().position(|it| *it == b'=').unwrap_or(string.len());
            let (key, value) = string.split_at(end);
            let key = self.cleaned(key);
            let value = self.cleaned(value.strip_prefix(b"=").unwrap_or(value));
            if !key.is_empty() {
                texts.entry(key).or_insert(value);
            }
        }
        texts
    }

    fn cleaned(&mut self, bytes: &[u8]) -> String {
        let cleaned = clean(bytes);
        if cleaned.complaint("").is_some() {
            self.said.complain("characters of a service were cut or escaped");
        }
        cleaned.text
    }
}

/// A name below `local.`; ours, and therefore sound.
fn local(name: &str) -> Name {
    Name::from_ascii(format!("{name}.local.")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use hickory_proto::op::OpCode;
    use hickory_proto::rr::rdata::{A, PTR, SRV, TXT};
    use proptest::prelude::*;

    use super::super::replay::{play_hostile, said, talk};
    use super::*;

    fn pointing(owner: &str, target: &Name) -> Record {
        Record::from_rdata(local(owner), 10, RData::PTR(PTR(target.clone())))
    }

    fn instance(own: &str, kind: &str) -> Name {
        local(kind).prepend_label(own.as_bytes()).unwrap()
    }

    fn place(name: &Name, host: &str, port: u16) -> Record {
        Record::from_rdata(name.clone(), 10, RData::SRV(SRV::new(0, 0, port, local(host))))
    }

    fn texts(name: &Name, texts: &[&str]) -> Record {
        let texts = texts.iter().map(ToString::to_string).collect();
        Record::from_rdata(name.clone(), 10, RData::TXT(TXT::new(texts)))
    }

    fn reply(answers: Vec<Record>, more: Vec<Record>) -> Vec<u8> {
        let mut message = Message::response(0x0707, OpCode::Query);
        message.add_answers(answers);
        message.add_additionals(more);
        message.to_vec().unwrap()
    }

    fn kinds(kinds: &[&str]) -> Vec<u8> {
        let list = kinds.iter().map(|it| pointing("_services._dns-sd._udp", &local(it)));
        reply(list.collect(), Vec::new())
    }

    fn services(reading: &Reading) -> Vec<&AnnouncedService> {
        reading
            .facts
            .iter()
            .filter_map(|it| {
                let Fact::AnnouncedService(it) = it else { return None };
                Some(it)
            })
            .collect()
    }

    #[test]
    fn a_printer_tells_its_name_and_what_it_offers() {
        let name = instance("Empfang LaserJet. 2", "_ipp._tcp");
        let address = Record::from_rdata(local("drucker"), 10, RData::A(A(Ipv4Addr::LOCALHOST)));
        let second = reply(
            vec![pointing("_ipp._tcp", &name)],
            vec![
                place(&name, "drucker", 631),
                texts(&name, &["rp=ipp/print", "ty=HP LaserJet 400", "=x", "Color", "RP=a"]),
                address,
            ],
        );
        let third =
            reply(vec![texts(&local("drucker._device-info._tcp"), &["model=Mac14,3"])], vec![]);
        let reading = talk(&PROBE, &[&kinds(&["_ipp._tcp"]), &second, &third]);
        assert_eq!(said(&reading, Statement::Name), Some("drucker.local"));
        assert_eq!(said(&reading, Statement::Model), Some("Mac14,3"));
        let [service] = services(&reading)[..] else { panic!("{reading:?}") };
        assert_eq!(service.instance, "Empfang LaserJet. 2");
        assert_eq!((service.service.as_str(), service.port), ("_ipp._tcp", Some(631)));
        assert_eq!(service.texts["ty"], "HP LaserJet 400");
        assert_eq!(service.texts["Color"], "");
        assert_eq!(service.texts.len(), 4);
        assert_eq!(reading.complaints, []);
    }

    #[test]
    fn what_comes_without_place_and_texts_is_asked_for_once_more() {
        let name = instance("nas", "_smb._tcp");
        let second = reply(vec![pointing("_smb._tcp", &name)], vec![]);
        let third = reply(vec![place(&name, "nas", 445), texts(&name, &[""])], vec![]);
        let reading = talk(&PROBE, &[&kinds(&["_smb._tcp"]), &second, &third]);
        assert_eq!(services(&reading)[0].port, Some(445));
        assert_eq!(said(&reading, Statement::Name), Some("nas.local"));
    }

    #[test]
    fn services_of_a_sleeping_host_are_not_the_answering_ones() {
        let (own, other) = (instance("tv", "_airplay._tcp"), instance("mac", "_airplay._tcp"));
        let second = reply(
            vec![pointing("_airplay._tcp", &own), pointing("_airplay._tcp", &other)],
            vec![
                place(&own, "tv", 7000),
                place(&other, "mac", 7000),
                Record::from_rdata(local("tv"), 10, RData::A(A(Ipv4Addr::LOCALHOST))),
            ],
        );
        let reading = talk(&PROBE, &[&kinds(&["_airplay._tcp"]), &second]);
        assert_eq!(services(&reading).len(), 1);
        assert_eq!(services(&reading)[0].instance, "tv");
        assert_eq!(reading.complaints[0].problem, "a service is announced for another host");
    }

    #[test]
    fn the_name_alone_is_something() {
        let reverse = Name::from(IpAddr::from(Ipv4Addr::LOCALHOST));
        let record = Record::from_rdata(reverse, 10, RData::PTR(PTR(local("pc"))));
        let reading = talk(&PROBE, &[&reply(vec![record], vec![])]);
        assert_eq!(said(&reading, Statement::Name), Some("pc.local"));
        assert_eq!(services(&reading).len(), 0);
    }

    #[test]
    fn a_device_that_always_knows_more_is_not_asked_for_ever() {
        let many: Vec<String> = (0..40).map(|it| format!("_k{it}._tcp")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let first = kinds(&many);
        let answers: Vec<Vec<u8>> = (0..40)
            .map(|it| {
                let name = instance(&format!("i{it}"), "_k0._tcp");
                reply(vec![pointing("_k0._tcp", &name)], vec![place(&name, "h", it)])
            })
            .collect();
        let answers: Vec<&[u8]> =
            std::iter::once(&first).chain(&answers).map(Vec::as_slice).collect();
        assert_eq!(services(&talk(&PROBE, &answers)).len(), INSTANCES_MAX);
    }

    #[test]
    fn strange_names_are_no_services_and_texts_are_cleaned() {
        let name = instance("a\x1b[2J", "_http._tcp");
        let second = reply(
            vec![pointing("_http._tcp", &name), pointing("_http._tcp", &local("elsewhere"))],
            vec![place(&name, "a", 80), texts(&name, &["k\x07=v\u{202e}"])],
        );
        let reading = talk(&PROBE, &[&kinds(&["_http._tcp", "nonsense", "a.b"]), &second]);
        let [service] = services(&reading)[..] else { panic!("{reading:?}") };
        assert_eq!(service.instance, "a\\u{1b}[2J");
        assert_eq!(service.texts["k\\u{7}"], "v\\u{202e}");
        assert_eq!(reading.complaints.len(), 1);
    }

    #[test]
    fn loops_and_foreign_datagrams_are_no_service() {
        let broken = b"\x07\x07\x80\0\0\0\0\x01\0\0\0\0\xc0\x0c\0\x0c\0\x01\0\0\0\0\0\x01\0";
        let reading = talk(&PROBE, &[broken]);
        assert_eq!(reading.complaints[0].problem, "an answer is broken");
        assert_eq!(talk(&PROBE, &[b"hello", b""]), Reading::default());
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..90), 0..4),
        ) {
            play_hostile(&PROBE, &pieces, 5353);
            let framed: Vec<Vec<u8>> = pieces.iter().map(|it| [&[7, 7, 0x80], &it[..]].concat()).collect();
            play_hostile(&PROBE, &framed, 5353);
        }
    }
}
