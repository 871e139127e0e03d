"""Compares what the agent said with what the managers say. Called by software.sh."""

import json
import os
import pathlib
import subprocess
import sys
import zipfile

SYSTEM = ["/usr/bin", "/usr/sbin", "/usr/games", "/usr/libexec"]
ADDED = ["/opt", "/srv", "/usr/local", "/home/kttruth"]
LANGUAGES = {"dist-packages", "node_modules", "site-packages"}


def facts(path, kind):
    report = json.load(open(path))
    found = []
    for section in report["sections"]:
        read = section["body"]["outcome"].get("read")
        found += [it for it in (read or {}).get("facts", []) if it["fact"] == kind]
    return found


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options).stdout


def show(name, truth, seen):
    truth, seen = set(truth), set(seen)
    share = 100 * len(truth & seen) / len(truth) if truth else 0
    print(f"{name:<28} truth {len(truth):>5}  found {len(truth & seen):>5}  {share:6.2f} %  not in truth {len(seen - truth)}")
    for it in sorted(truth - seen)[:5]:
        print("    missing:", it)
    for it in sorted(seen - truth)[:3]:
        print("    extra:", it)


def packages(path, manager, below=None):
    found = [it for it in facts(path, "installed_package") if it["manager"] == manager]
    if below:
        found = [it for it in found if it.get("place", "").startswith(below)]
    return found


def pairs(found):
    return [f"{it['name']} {it['version']}" for it in found]


def python_truth(site):
    truth = []
    for folder in pathlib.Path(site).glob("*.dist-info"):
        lines = (folder / "METADATA").read_text(errors="replace").splitlines()
        field = lambda name: next(it.split(": ", 1)[1] for it in lines if it.startswith(name + ": "))
        truth.append(f"{field('Name')} {field('Version')}")
    return truth


def jar_truth(folder):
    truth = []
    for jar in pathlib.Path(folder).glob("*.jar"):
        with zipfile.ZipFile(jar) as archive:
            names = [it for it in archive.namelist() if it.startswith("META-INF/maven/") and it.endswith("/pom.properties")]
            for name in names:
                lines = archive.read(name).decode().splitlines()
                values = dict(it.split("=", 1) for it in lines if "=" in it)
                truth.append(f"{values['groupId']}:{values['artifactId']} {values['version']}")
            if not names:
                truth.append(f"FILE {jar}")
    return truth


def is_elf(path):
    try:
        mode = os.lstat(path)
        import stat

        if not stat.S_ISREG(mode.st_mode):
            return False
        name = os.path.basename(path)
        if not (mode.st_mode & 0o111 or name.endswith(".so") or ".so." in name):
            return False
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


def elf_truth():
    found = []
    for root in SYSTEM + ADDED:
        for folder, folders, names in os.walk(root):
            folders[:] = [it for it in folders if it not in LANGUAGES]
            found += [os.path.join(folder, it) for it in names if is_elf(os.path.join(folder, it))]
    owned = set()
    for lists in pathlib.Path("/var/lib/dpkg/info").glob("*.list"):
        owned.update(lists.read_text(errors="replace").splitlines())
    other = lambda it: it[4:] if it.startswith("/usr/") else "/usr" + it
    return [it for it in found if it not in owned and other(it) not in owned]


def home(path):
    """Homes bear pseudonyms: what lies below one is compared without the name."""
    parts = path.split("/")
    return "/".join(parts[:2] + ["~"] + parts[3:]) if parts[1:2] == ["home"] else path


def everything(path):
    truth = run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version} ${Architecture}\n").splitlines()
    truth = [it.split(" ", 1)[1] for it in truth if it.startswith("installed ")]
    seen = [f"{it['name']} {it['version']} {it['architecture']}" for it in packages(path, "dpkg")]
    show("dpkg", truth, seen)

    site = next(pathlib.Path("/opt/venv/lib").glob("python3*")) / "site-packages"
    show("python (environment)", python_truth(site), pairs(packages(path, "python", str(site))))
    of_person = [it for it in packages(path, "python") if it.get("place", "").startswith("/home/p-")]
    show("python (of a person)", python_truth(site), pairs(of_person))
    query = json.loads(run("npm", "query", "*", cwd="/srv/web") or "[]")
    truth = [f"{it['name']} {it['version']}" for it in query if it.get("location")]
    show("npm", truth, pairs(packages(path, "npm", "/srv/web")))
    gems = run("gem", "list", "--local", env={**os.environ, "GEM_HOME": "/opt/gems", "GEM_PATH": "/opt/gems"})
    truth = [it.replace("(", "").replace(")", "") for it in gems.splitlines() if it.startswith("kt-")]
    show("ruby gems", truth, pairs(packages(path, "ruby_gem", "/opt/gems")))
    lines = run("composer", "show", "--format=json", cwd="/srv/php", env={**os.environ, "COMPOSER_ALLOW_SUPERUSER": "1"})
    truth = [f"{it['name']} {it['version']}" for it in json.loads(lines or "{}").get("installed", [])]
    show("composer", truth, pairs(packages(path, "composer", "/srv/php")))
    found = packages(path, "maven", "/opt/java")
    truth = jar_truth("/opt/java")
    described = {it["place"] for it in found}
    seen = pairs(found)
    for it in [it for it in truth if it.startswith("FILE ")]:
        if it[5:] in described:
            seen.append(it)
    whole = set(truth)
    show("jars", truth, [it for it in seen if it in whole])
    modules = [it.split() for it in run("go", "version", "-m", "/opt/tool/bin/kt-tool").splitlines()]
    truth = [f"{it[1]} {it[2]}" for it in modules if it and it[0] == "mod"]
    show("go", truth, pairs(packages(path, "go", "/opt/tool")))
    of_person = [it for it in packages(path, "cargo") if it.get("place", "").startswith("/home/p-")]
    show("cargo", ["ripgrep 14.1.0"], pairs(of_person))

    executables = facts(path, "executable")
    seen = {home(it["place"]) for it in executables if not it["place"].startswith("/root/")}
    show("programs without package", {home(it) for it in elf_truth()}, seen)
    print("    with hash:", sum(1 for it in executables if it["hash"]), "of", len(executables))

    lines = run("apt", "list", "--upgradable", "-o", "Dir::State::lists=/var/lib/apt/lists").splitlines()
    truth = [f"{it.split('/')[0]} {it.split()[1]}" for it in lines if "/" in it]
    updates = facts(path, "missing_update")
    show("missing updates", truth, [f"{it['name']} {it['offered_version']}" for it in updates])
    print("    of them for security:", sum(1 for it in updates if it["is_security"]))


def main():
    what, path = sys.argv[1:3]
    if what == "rpm":
        show(f"rpm ({sys.argv[4]})", open(sys.argv[3]).read().splitlines(), pairs(packages(path, "rpm")))
    elif what == "all":
        everything(path)
    else:
        for section in json.load(open(path))["sections"]:
            source = section["body"]["source"]
            if source.split(".")[0] in ("software", "updates", "licences"):
                print(f"{source:<24} {section['duration_ms']:>6}")


main()
