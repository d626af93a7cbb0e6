private import CFastCGI
import Glibc

/// A piece of memory that is a file too: what was checked in it is what libfcgi reads, which reads from
/// a descriptor alone.
final class HeadMemory {
    let bytes: UnsafeMutableRawPointer
    let capacity: Int
    /// -1 after `giveAway`.
    private(set) var descriptor: Int32

    init(capacity: Int) throws(SystemError) {
        // Kernels may insist on the second flag (vm.memfd_noexec); those before 6.3 do not know it.
        var file = memfd_create("crm-caldav-head", CFASTCGI_MFD_CLOEXEC | CFASTCGI_MFD_NOEXEC)
        if file < 0, errno == EINVAL {
            file = memfd_create("crm-caldav-head", CFASTCGI_MFD_CLOEXEC)
        }
        guard file >= 0 else { throw SystemError("memfd_create") }
        guard ftruncate(file, capacity) == 0,
            let bytes = mmap(nil, capacity, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0),
            bytes != UnsafeMutableRawPointer(bitPattern: -1)
        else {
            let error = SystemError("map \(capacity) bytes")
            close(file)
            throw error
        }
        self.bytes = bytes
        self.capacity = capacity
        descriptor = file
    }

    deinit {
        munmap(bytes, capacity)
        if descriptor >= 0 { close(descriptor) }
    }

    /// Has the next read of the descriptor begin at the first byte.
    func rewind() { lseek(descriptor, 0, SEEK_SET) }

    /// Somebody else has closed the descriptor: this memory is to be replaced.
    func giveAway() { descriptor = -1 }
}
