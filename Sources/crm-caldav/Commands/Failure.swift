import ArgumentParser
import Glibc

/// Exit codes, those of sysexits.h where it has one.
enum Exit {
    static let usage = ExitCode(64)
    /// The database cannot be reached or refuses.
    static let database = ExitCode(69)
    static let system = ExitCode(71)
    static let configuration = ExitCode(78)
}

/// Says on standard error why a command ends, and gives the code to end with.
func failure(_ message: String, _ code: ExitCode) -> ExitCode {
    complain("crm-caldav: \(message)")
    return code
}

func complain(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
