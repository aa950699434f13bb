/// Bytes as text, two lower-case digits each.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.reduce(into: "") { text, byte in
    if byte < 16 { text.append("0") }
    text.append(String(byte, radix: 16))
  }
}
