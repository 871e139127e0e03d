#!/usr/bin/env python3
# Records in lines.json what cvtsudoers says of each line; PROGRAM and its libraries are taken from the environment.
import json,os,re,subprocess
lines=r'''
root ALL=(ALL:ALL) ALL
root ALL = ALL
root ALL=(ALL) NOPASSWD: ALL
root	ALL	=	ALL
%wheel ALL=(root) /bin/ls, /bin/cat, !/bin/rm
%#10 ALL=ALL
#0 ALL=ALL
#-1 ALL=ALL
+netgroup +hosts=(+runas) ALL
root,backup ALL=ALL
root, backup db1, db2 = ALL
root !db1,db2=ALL
!root ALL=ALL
root ALL=(:backup) /bin/ls
root ALL=(:) /bin/ls
root ALL=() /bin/ls
root ALL=(root,backup:backup,www-data) /bin/ls
root ALL=(!root,ALL) /bin/ls
root ALL=/bin/ls -l, /bin/cat ""
root ALL=/bin/ls -l\, -a
root ALL=/bin/a\ b
root ALL="/bin/a b"
root ALL=/bin/ls -[a-z]
root ALL=/usr/bin/*
root ALL=/usr/bin/
root ALL=^/usr/bin/(a|b)$
root ALL=^/usr/bin/a$ ^-x$
root ALL=sudoedit /etc/motd
root ALL=/usr/bin/sudoedit /etc/motd
root ALL=bin/ls
root ALL=ls
root ALL=list
root ALL=NOPASSWD:NOEXEC: /bin/ls
root ALL=NOPASSWD: /bin/ls, PASSWD: /bin/cat
root ALL=NOPASSWD : /bin/ls
root ALL=SETENV:/bin/ls, NOSETENV:/bin/cat
root ALL=NOSUCHTAG: /bin/ls
root ALL=LOG_INPUT: LOG_OUTPUT: MAIL: FOLLOW: INTERCEPT: /bin/ls
root ALL=CWD=/tmp CHROOT=/srv /bin/ls
root ALL=CWD=* /bin/ls
root ALL=TIMEOUT=5m /bin/ls
root ALL=TIMEOUT=never /bin/ls
root ALL=NOTBEFORE=20260101000000Z NOTAFTER=20271231000000Z /bin/ls
root ALL=ROLE=staff_r TYPE=staff_t /bin/ls
root ALL=APPARMOR_PROFILE=unconfined /bin/ls
root ALL=sha256:0cfbf2e9ac61c5d5d5e5d2ad8cc8ad3e5a9a02ff5bd0a1b5c5f8a7d3b3cbb4c4 /bin/ls
root ALL=sha224:aa /bin/ls
root ALL=sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1, sha512:b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2 /bin/ls
root ALL=sha224:c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3 /bin/ls, /bin/cat
root ALL=sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= /bin/ls
root ALL=sha256:zz /bin/ls
root ALL=(root) /bin/a, (backup) /bin/b
root ALL=/bin/a : db1=/bin/b
root ALL=(root) NOPASSWD: /bin/a : db1=/bin/b
root 192.0.2.0/24=ALL
root 192.0.2.0/255.255.255.0=ALL
root 2001:db8::/32=ALL
root 2001:db8::1=ALL
root ALL=ALL # remark
root ALL=ALL #1
root ALL=/bin/ls \# x
"root" ALL=ALL
"%domain admins" ALL=ALL
%domain\ admins ALL=ALL
%:domain\ admins ALL=ALL
%DOMAIN\\admins ALL=ALL
user@example.com ALL=ALL
User_Alias OPS = root, backup\nOPS ALL=ALL
User_Alias OPS = root : ADM = backup\nOPS,ADM ALL=ALL
User_Alias ops = root\nops ALL=ALL
User_Alias OPS = root\n!OPS ALL=ALL
User_Alias OPS =\nroot ALL=ALL
Cmnd_Alias SHELL = /bin/sh, !/bin/bash\nroot ALL=SHELL
Cmd_Alias SHELL = /bin/sh\nroot ALL=SHELL
Host_Alias DB = db1, 192.0.2.0/24\nroot DB=ALL
Runas_Alias APP = www-data, mysql\nroot ALL=(APP) ALL
Runas_Alias APP = www-data\nroot ALL=(APP:APP) ALL
root ALL=(root : backup) ALL
root ALL=(root:backup
root ALL=(root)) ALL
root ALL=
root ALL
root
ALL ALL=ALL
ALL=ALL
root=ALL
root ALL=ALL,
root ALL=,ALL
root,,backup ALL=ALL
root ALL=!ALL
root ALL=!!ALL
root ALL=(root) ALL ALL
root ALL=ALL ALL=ALL
root ALL=(ALL,!root) /usr/bin/vi
root ALL=(#0) ALL
root ALL=(%wheel) ALL
root ALL=(:#0) ALL
root ALL=\\\n  (root) \\\n  ALL
root ALL=(root) /bin/ls,\\\n /bin/cat
root ALL=/bin/sh -c "a b"
root ALL=/bin/sh -c a=b:c
root ALL=/bin/sh -c a\=b\:c
root ALL=/bin/umount /mnt/CD*, /bin/eject
root ALL=NOPASSWD:/usr/bin/apt-get update,/usr/bin/apt-get upgrade
www-data ALL=(root) NOPASSWD: /usr/sbin/service nginx reload
backup ALL=(root) NOPASSWD: /usr/bin/rsync --server --sender *
nagios ALL=NOPASSWD: /usr/lib/nagios/plugins/
Defaults env_reset\nroot ALL=ALL
Defaults:root !authenticate\nroot ALL=ALL
'''.strip('\n').split('\n')
def braces(o):
    return re.sub(r'^( *)("(?:runcwd|runchroot|role|type)": .*?)(,?)$', lambda m: m[1]+'{ '+m[2]+' }'+m[3], o, flags=re.M)
B=os.environ.get('PROGRAM','cvtsudoers')
out=[]
for l in lines:
    # \\n at the end of a part marks: "\\\n" = backslash newline, "\n" = newline
    text=l.replace('\\\\\\n','\\\n').replace('\\n','\n')
    f='in.sudoers'; open(f,'w').write(text+'\n')
    p=subprocess.run([B,'-e','-f','json',f],capture_output=True,text=True,env={**os.environ,'LC_ALL':'C'})
    ok = p.returncode==0 and not p.stderr.strip()
    out.append((text,p.returncode,p.stderr.strip().split('\n')[0],p.stdout))
res=[]
for t,rc,e,o in out:
    j=None
    if rc==0 and not ('syntax error' in e or 'error' in e):
        o=braces(o)
        j=json.loads(o) if o.strip() else {}
        j={'User_Specs':j.get('User_Specs',[])}
    res.append({'text':t+'\n','json':j})
os.remove('in.sudoers')
open('lines.json','w').write('[\n'+',\n'.join(json.dumps(it,separators=(',',':')) for it in res)+'\n]\n')
print(len(res),sum(1 for it in res if it['json'] is None))
