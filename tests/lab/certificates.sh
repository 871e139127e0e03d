# The lab's own authority and certificates, new in every run: `sh certificates.sh FOLDER`.
set -eu
folder=$1
mkdir -p "$folder" && cd "$folder"
touch index.txt && echo 1000 > serial
cat > authority.cnf <<'END'
[ca]
default_ca = lab
[lab]
database = index.txt
serial = serial
new_certs_dir = .
certificate = authority.pem
private_key = authority.key
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
END
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
key authority
openssl req -config authority.cnf -x509 -new -key authority.key -subj "/CN=Lab Authority" -days 30 -addext basicConstraints=critical,CA:true -out authority.pem
# NAME FROM UNTIL
issue() {
    key "$1"
    openssl req -config authority.cnf -new -key "$1.key" -subj "/CN=$1.example.test" -addext "subjectAltName=DNS:$1.example.test" -out "$1.csr"
    openssl ca -config authority.cnf -batch -notext -startdate "$2" -enddate "$3" -in "$1.csr" -out "$1.pem" 2>/dev/null
}
issue web01 20260101000000Z 20360101000000Z
issue mail01 20260101000000Z 20360101000000Z
issue old01 20230101000000Z 20240101000000Z
key cam01
openssl req -config authority.cnf -x509 -new -key cam01.key -subj "/CN=cam01" -days 3650 -out cam01.pem
chmod 644 ./*.key ./*.pem
# What is true about them: subject, day of expiry.
for name in web01 mail01 old01 cam01; do
    openssl x509 -in "$name.pem" -noout -subject -nameopt multiline | sed -n 's/.*commonName *= //p' > "$name.facts"
    openssl x509 -in "$name.pem" -noout -enddate -dateopt iso_8601 | sed 's/notAfter=\([0-9-]*\).*/\1/' >> "$name.facts"
done
