/// Why the files of the CA cannot be used. The message names the file and what to do.
package struct CAStoreError: Error, Hashable, CustomStringConvertible {
  package let message: String

  package init(_ message: String) { self.message = message }

  package var description: String { message }
}
