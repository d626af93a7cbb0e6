private import CFastCGI
import Glibc

/// A thread of the operating system, for work that blocks.
package struct Thread: Sendable {
    private let handle: pthread_t

    /// - Parameter stackSize: bytes; only what is used is taken from memory.
    package init(
        stackSize: Int = 1 << 20, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackSize)
        let box = Unmanaged.passRetained(Box(body))
        var handle = pthread_t()
        let failure = pthread_create(
            &handle, &attributes,
            { box in
                if let box { Unmanaged<Box>.fromOpaque(box).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        guard failure == 0 else {
            box.release()
            throw SystemError("start a thread", code: failure)
        }
        self.handle = handle
    }

    /// Waits until the thread has ended; once for each thread.
    package func join() { pthread_join(handle, nil) }

    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
