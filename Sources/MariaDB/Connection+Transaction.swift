import CMariaDB
import Glibc

extension Connection {
    /// Runs `body` in a READ COMMITTED transaction: committed when it returns, else rolled back.
    ///
    /// After a deadlock or a lock wait (1213, 1205, 3572) the whole of it runs again, a little later,
    /// up to `retries` times: `body` must not keep anything from a failed run. A lost connection is
    /// thrown; if it was lost during COMMIT, whether the changes are there is unknown.
    ///
    /// A `body` that catches a lock wait (NOWAIT) may go on; one that catches a deadlock may not:
    /// every further statement is refused with it. Transactions do not nest. One in which no statement
    /// is run costs nothing.
    package func transaction<Result, Failure: DatabaseFailing>(
        retries: Int = 3, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try transaction(retries: retries, begin: [], body)
    }

    /// Runs `body` on one consistent snapshot, made now, of all tables; it may only read.
    package func snapshot<Result, Failure: DatabaseFailing>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let begin = [
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        ]
        return try transaction(retries: 0, begin: begin, body)
    }

    /// Whether `transaction` or `snapshot` is running.
    package var isInTransaction: Bool { transaction != nil }

    /// - Parameter begin: what begins it; where empty, that is sent with the first statement.
    private func transaction<Result, Failure: DatabaseFailing>(
        retries: Int, begin: [String], _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(transaction == nil, "transactions do not nest")
        var attempt = 0
        while true {
            do throws(Failure) {
                try raising(Failure.self) { () throws(DatabaseError) in
                    for text in begin { try run(text) }
                    transaction = .open
                    isBeginOwed = begin.isEmpty
                }
                let result = try body()
                try raising(Failure.self) { () throws(DatabaseError) in
                    streamingCursor?.close()
                    try commit()
                    transaction = nil
                    isBeginOwed = false
                }
                return result
            } catch {
                rollBack()
                guard attempt < retries, error.databaseError?.isWorthRetrying == true else {
                    throw error
                }
            }
            attempt += 1
            // 5, 10, 20 … ms, half of it by chance, so that two who collided do not again.
            let pause = UInt32(5_000) << UInt32(min(attempt - 1, 6))
            usleep(pause / 2 + .random(in: 0...pause / 2))
        }
    }

    private func raising<Failure: DatabaseFailing>(
        _: Failure.Type, _ body: () throws(DatabaseError) -> Void
    ) throws(Failure) {
        do throws(DatabaseError) {
            try body()
        } catch {
            throw Failure(databaseError: error)
        }
    }

    private func rollBack() {
        streamingCursor?.close()
        owed = []
        defer {
            transaction = nil
            isBeginOwed = false
        }
        guard transaction != nil, !isBeginOwed, isOpen else { return }
        transaction = .open
        do throws(DatabaseError) {
            try run("ROLLBACK")
        } catch {
            // No session, no transaction.
            close()
        }
    }
}
