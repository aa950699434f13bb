/// Shell commands that make CAs as other programs do.
enum ForeignCA {
  static let functions = """
    pass='-passin env:OLD'
    printf '[req]\\ndistinguished_name=n\\n[n]\\n' >conf
    ca='-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign'
    ca="$ca -addext subjectKeyIdentifier=hash -config conf -days 3000"
    # A key as `openssl ec -aes256` and step write it, with the header DEK-Info.
    ec() { openssl ecparam -name prime256v1 -genkey -noout | openssl ec -aes256 -passout env:OLD -out "$1"; }
    root() { openssl req -x509 -new -key "$2" $pass $ca -subj "/$3" -out "$1.crt"; }
    below() { openssl req -x509 -new -key "$2" $pass $ca -subj "/$3" -CA "$4" -CAkey "$5" -out "$1.crt"; }

    """
}

extension CAImportTests.Kind {
  /// Makes the files of ``arguments`` in the current folder.
  var script: String {
    switch self {
    case .opensslRoot:
      """
      openssl genrsa -aes256 -passout env:OLD -out ca.key 3072
      openssl req -x509 -new -key ca.key $pass -days 3000 -subj '/O=Company/CN=Company CA' -out ca.crt
      """
    case .intermediate:
      """
      ec root.key; root root root.key 'CN=Company Root'
      openssl ecparam -name secp384r1 -genkey -noout |
        openssl pkcs8 -topk8 -v2 aes-256-cbc -passout env:OLD -out ca.key
      below ca ca.key 'CN=Company CA' root.crt root.key
      : >index
      printf '[ca]\\ndefault_ca=own\\n[own]\\ndatabase=index\\ndefault_md=sha256\\n' >ca.conf
      openssl ca -gencrl -config ca.conf -keyfile root.key $pass -cert root.crt -crldays 4000 -out root.pem
      openssl crl -in root.pem -outform DER -out root.crl
      openssl ca -gencrl -config ca.conf -keyfile root.key $pass -cert root.crt -crldays 5000 -out newer.crl
      rm root.key
      """
    case .oldPEM:
      """
      ec ca.key; root ca ca.key 'CN=Company CA'
      head -n 3 ca.key | grep -q DEK-Info && grep -q 'BEGIN EC PRIVATE KEY' ca.key
      """
    case .easyRSA:
      """
      export EASYRSA_PASSIN=env:OLD EASYRSA_PASSOUT=env:OLD EASYRSA_BATCH=1 EASYRSA_PKI="$1/easy-rsa/pki"
      mkdir easy-rsa; cp -R /usr/share/easy-rsa tool; cd tool
      ./easyrsa init-pki
      EASYRSA_REQ_CN='Easy-RSA CA' ./easyrsa build-ca
      ./easyrsa gen-crl
      """
    case .step:
      // As `step ca init` writes them.
      """
      mkdir -p step/certs step/secrets
      ec step/secrets/root_ca_key; ec step/secrets/intermediate_ca_key
      root step/certs/root_ca step/secrets/root_ca_key 'O=Smallstep/CN=Smallstep Root CA'
      below step/certs/intermediate_ca step/secrets/intermediate_ca_key \
        'O=Smallstep/CN=Smallstep Intermediate CA' step/certs/root_ca.crt step/secrets/root_ca_key
      """
    }
  }
}
