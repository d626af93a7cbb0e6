import Glibc

/// A file that several processes append lines to, opened anew by `reopen` after it was moved away.
final class LogFile: Sendable {
    private let target: LogTarget
    private let descriptor: Int32

    /// - Throws: `ConfigurationError` where the file cannot be written.
    init(_ target: LogTarget) throws(ConfigurationError) {
        self.target = target
        switch target {
        case .standardError: descriptor = STDERR_FILENO
        case .off: descriptor = -1
        case .file(let path): descriptor = try Self.open(path)
        }
    }

    deinit {
        if case .file = target { close(descriptor) }
    }

    /// Whether lines are kept at all.
    var isOn: Bool { descriptor >= 0 }

    /// Each line is one write at the end of the file: whole lines, whoever else writes.
    func append(_ line: [UInt8]) {
        guard descriptor >= 0 else { return }
        _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    func reopen() throws(ConfigurationError) {
        guard case .file(let path) = target else { return }
        let fresh = try Self.open(path)
        // In one step, so that no thread writes to a descriptor that is gone or another's.
        dup2(fresh, descriptor)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        close(fresh)
    }

    private static func open(_ path: String) throws(ConfigurationError) -> Int32 {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw ConfigurationError("\(path): \(String(cString: strerror(errno)))")
        }
        return descriptor
    }
}
