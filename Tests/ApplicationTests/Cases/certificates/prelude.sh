# What the cases begin with: a root that visitors know ("Example Root"), an intermediate ("Example R1")
# and a leaf for the site, each with its key. A case makes shop.crt, and shop.key if it is not leaf.key.
set -e

# key NAME [KIND]: a private key; the kind is as `openssl genpkey -algorithm` takes it.
key() {
  key=$1
  shift
  [ $# -gt 0 ] || set -- EC -pkeyopt ec_paramgen_curve:P-256
  openssl genpkey -algorithm "$@" -out "$key.key" 2>/dev/null
}

# issue NAME 'COMMON NAME' ISSUER [OPTION…]: a certificate for NAME.key; self-signed if the issuer is "".
issue() {
  name=$1 common=$2 issuer=$3
  shift 3
  openssl req -x509 -new -config req.cnf -key "$name.key" -subj "/CN=$common" -days 90 \
    ${issuer:+-CA "$issuer.crt" -CAkey "$issuer.key"} "$@" -out "$name.crt" 2>/dev/null
}

# dated 'FIRST DAY' 'LAST DAY' NAME 'COMMON NAME' ISSUER [OPTION…]: the same, valid between two days.
dated() {
  first=$(date -u -d "$1" +%y%m%d000000Z) last=$(date -u -d "$2" +%y%m%d000000Z)
  name=$3 common=$4 issuer=$5
  shift 5
  openssl req -new -config req.cnf -key "$name.key" -subj "/CN=$common" "$@" -out "$name.csr"
  : >index.txt
  openssl ca -batch -config req.cnf -notext -in "$name.csr" -cert "$issuer.crt" -keyfile "$issuer.key" \
    -startdate "$first" -enddate "$last" -out "$name.crt" 2>/dev/null
}

as_ca='-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign'
server='-addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth'
names='-addext subjectAltName=DNS:shop.example,DNS:www.shop.example'

# private: visitors trust the private CA of the site.
private() { sed -i 's/key: shop.key}/&, private: true/' shop.yml; }

# Without the system's configuration, which adds extensions of its own.
cat >req.cnf <<END
[req]
distinguished_name = name
[name]
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
default_md = sha256
policy = any
copy_extensions = copyall
unique_subject = no
rand_serial = yes
[any]
commonName = supplied
END
