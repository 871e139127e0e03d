#!/usr/bin/env python3
# Records databases as SQLite writes them: rows of known content, some of them longer than a page, some deleted.
# A table of one row after another in small and large pages, and one whose last commits are in the log alone.
import os, sqlite3, subprocess, sys

def fill(base, first, last):
    for i in range(first, last):
        base.execute("INSERT INTO machines VALUES (?, ?, ?)", (f"n{i}", i * i - 5000, bytes([i % 256]) * (i * 37 % 3000)))

for name, page in (("small", 512), ("large", 65536), ("log", 1024)):
    path = f"sqlite-{name}.db"
    for end in ("", "-wal", "-shm", ".zst", "-wal.zst"):
        if os.path.exists(path + end): os.remove(path + end)
    base = sqlite3.connect(path, isolation_level=None)
    base.execute(f"PRAGMA page_size = {page}")
    if name == "log": base.execute("PRAGMA journal_mode = WAL")
    base.execute("CREATE TABLE other (a)")
    base.execute("CREATE TABLE machines (name TEXT, number INTEGER, filler BLOB)")
    base.execute("BEGIN"); fill(base, 0, 200); base.execute("COMMIT")
    if name == "log":
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        base.execute("PRAGMA wal_autocheckpoint = 0")
    base.execute("BEGIN"); fill(base, 200, 300); base.execute("DELETE FROM machines WHERE number % 7 = 0"); base.execute("COMMIT")
    files = [path] + ([path + "-wal"] if name == "log" else [])
    for file in files: subprocess.run(["zstd", "-q", "-19", file], check=True)
    base.close()
    for file in files:
        if os.path.exists(file): os.remove(file)
print(sqlite3.sqlite_version)
