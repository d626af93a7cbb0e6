private import CFastCGI
import Glibc

/// A file in memory by which libfcgi, which reads from a descriptor alone, gets what was checked.
final class HeadFile {
    private let bytes: UnsafeMutableRawPointer
    private let capacity: Int
    /// -1 after `giveAway`.
    private var descriptor: Int32

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

    /// A descriptor that `head`, of at most `capacity` bytes, can be read from, and then the end.
    func descriptor(holding head: UnsafeRawBufferPointer) -> Int32 {
        let start = max(capacity - head.count, 0)
        UnsafeMutableRawBufferPointer(start: bytes + start, count: capacity - start)
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: head.prefix(capacity)))
        lseek(descriptor, start, SEEK_SET)
        return descriptor
    }

    /// Somebody else has closed the descriptor: the file is of no more use.
    func giveAway() { descriptor = -1 }
}
