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

    /// Has the calling thread take its turn when it is woken, rather than interrupt who woke it
    /// (`SCHED_BATCH`, sched(7)), unless the operator gave it another policy.
    ///
    /// A request wakes one of our threads twice: the web server hands it over, the database answers. Both
    /// then come to an end with what they are at first, which spares switches between processes: a sixth
    /// more answers a second where all processors are busy. On a machine that is busy with something else
    /// a request may wait some milliseconds longer.
    static func takeTurns() {
        guard sched_getscheduler(0) == SCHED_OTHER else { return }
        var parameters = sched_param()
        // Where a sandbox forbids it, all is as it was.
        _ = sched_setscheduler(0, CFASTCGI_SCHED_BATCH, &parameters)
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
