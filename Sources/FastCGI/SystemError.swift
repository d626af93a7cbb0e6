import Glibc

/// A system call that failed, with `errno` as it was then.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// What was tried, as in `bind /run/crm-caldav.sock`.
    package let call: String
    package let code: Int32

    init(_ call: String, code: Int32 = errno) {
        self.call = call
        self.code = code
    }

    package var description: String { "\(call): \(String(cString: strerror(code)))" }
}

/// Calls `body` again while a signal interrupts it.
@inline(__always)
func retryingInterrupts<Result: SignedInteger>(_ body: () -> Result) -> Result {
    while true {
        let result = body()
        if result != -1 || errno != EINTR { return result }
    }
}
