import WebDAV

/// DELETE of objects and calendars (RFC 4918 §9.6).
enum Delete {
    static func respond(to resource: Resource, in context: Context) throws -> Response {
        switch resource {
        case .object(let object, let calendar):
            try context.objects.deleteObject(
                object.name, in: calendar, by: context.user, if: context.writeCondition)
        case .calendar(let calendar):
            try context.calendars.delete(calendar)
        default: throw RequestError(.notFound)
        }
        return Response(.noContent)
    }
}
