import CRMStore
import Glibc

/// The file of the key that opens the secrets: 64 hexadecimal digits, for its owner alone.
package struct KeyFile: Sendable {
    package struct Failure: Error {
        package let reason: String
    }

    package let path: String

    package init(path: String) { self.path = path }

    /// - Parameter creating: make the file where there is none.
    package func key(creating: Bool) throws(Failure) -> SecretKey {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT, creating { return try create() }
            throw failure("cannot be opened")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw Failure(reason: "\(path): others may read it; chmod 600 \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &bytes, bytes.count)
        let digits = bytes.prefix(max(0, count)).filter { $0 > 32 }
        guard let key = Hexadecimal.bytes(of: digits).flatMap(SecretKey.init) else {
            throw Failure(reason: "\(path): is not 64 hexadecimal digits")
        }
        return key
    }

    private func create() throws(Failure) -> SecretKey {
        let random = Digest.random(count: SecretKey.size)
        guard let key = SecretKey(random) else { throw Failure(reason: "no key was made") }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { return try self.key(creating: false) }
            throw failure("cannot be made")
        }
        defer { close(descriptor) }
        let line = Array((Digest.hex(random) + "\n").utf8)
        guard write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            let problem = failure("cannot be written")
            unlink(path)
            throw problem
        }
        return key
    }

    private func failure(_ what: String) -> Failure {
        Failure(reason: "\(path) \(what): \(String(cString: strerror(errno)))")
    }
}
