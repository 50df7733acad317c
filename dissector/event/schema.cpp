// The JSON Schema of the event stream (draft 2020-12), from the field tables that write the events.
#include "event/json.hpp"
#include "event/registry.hpp"

#include <nlohmann/json.hpp>

namespace weir::event {

namespace {

using json = nlohmann::ordered_json;

template <class T>
json schema_of();

/// The value of a member, whether it is optional or not.
template <class T>
constexpr auto as_pointer(T& member) {
    if constexpr (is_optional<T>)
        return &*member;
    else
        return &member;
}

template <class T>
void add_members(json& properties, json& required) {
    std::apply(
        [&](const auto&... row) {
            const auto add = [&](const auto& r) {
                using raw = std::remove_cvref_t<decltype(std::declval<T>().*r.member)>;
                using value = std::remove_cvref_t<decltype(*as_pointer(std::declval<raw&>()))>;
                if constexpr (has_fields<value>) {
                    if (r.name.empty()) {
                        json not_required;
                        add_members<value>(properties, is_optional<raw> ? not_required : required);
                        return;
                    }
                }
                properties[std::string(r.name)] = schema_of<value>();
                properties[std::string(r.name)]["description"] = r.description;
                if (!is_optional<raw> && r.policy == leave_out::never) required.push_back(r.name);
            };
            (add(row), ...);
        },
        T::fields());
}

template <class T>
json object_schema() {
    json properties = json::object(), required = json::array();
    add_members<T>(properties, required);
    json s{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
    if (!required.empty()) s["required"] = required;
    return s;
}

template <class Enum>
json enum_schema() {
    json all = json::array();
    for (const std::string_view name : words<Enum>::names) all.push_back(name);
    return {{"enum", all}};
}

template <class T>
json schema_of() {
    const json wire_ref{{"$ref", "#/$defs/wire"}};
    if constexpr (std::is_same_v<T, bool>)
        return {{"type", "boolean"}};
    else if constexpr (std::is_unsigned_v<T>)
        return {{"type", "integer"}, {"minimum", 0}};
    else if constexpr (std::is_same_v<T, common::nanoseconds>)
        return {{"type", "number"}};
    else if constexpr (std::is_same_v<T, common::timestamp>)
        return {{"type", "string"},
                {"pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{9}Z$"}};
    else if constexpr (std::is_same_v<T, std::string_view> || std::is_same_v<T, common::ip_address>)
        return {{"type", "string"}};
    else if constexpr (std::is_enum_v<T>)
        return enum_schema<T>();
    else if constexpr (std::is_same_v<T, wire>)
        return wire_ref;
    else if constexpr (std::is_same_v<T, header_object>)
        return {{"type", "object"},
                {"additionalProperties",
                 {{"anyOf", {wire_ref, {{"type", "array"}, {"items", wire_ref}, {"minItems", 2}}}}}}};
    else if constexpr (std::is_same_v<T, header_list>)
        return {{"type", "array"},
                {"items", {{"type", "array"}, {"items", wire_ref}, {"minItems", 2}, {"maxItems", 2}}}};
    else if constexpr (std::is_same_v<T, tally_object>)
        return {{"type", "object"}, {"additionalProperties", {{"type", "integer"}, {"minimum", 1}}}};
    else if constexpr (is_span<T>)
        return {{"type", "array"}, {"items", schema_of<std::remove_const_t<typename T::element_type>>()}};
    else
        return object_schema<T>();
}

template <is_event E>
json event_schema() {
    const json members = object_schema<E>();
    json properties = json::object();
    for (const auto& [key, value] : members["properties"].items()) {
        properties[key] = value;
        if (key == "ts") properties["event"] = {{"const", E::name}};
    }
    json required = members.value("required", json::array());
    required.push_back("event");
    return {{"type", "object"},
            {"description", E::when},
            {"properties", properties},
            {"required", required},
            {"additionalProperties", false}};
}

} // namespace

std::string json_schema() {
    json defs = json::object(), any = json::array();
    defs["wire"] = {{"description", "bytes of the wire: a string where they are valid UTF-8, else base64"},
                    {"anyOf",
                     {{{"type", "string"}},
                      {{"type", "object"},
                       {"properties", {{"base64", {{"type", "string"}, {"contentEncoding", "base64"}}}}},
                       {"required", {"base64"}},
                       {"additionalProperties", false}}}}};
    registry::for_each([&]<class E>() {
        defs[std::string(E::name)] = event_schema<E>();
        any.push_back({{"$ref", "#/$defs/" + std::string(E::name)}});
    });
    const json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                      {"title", "Weir event"},
                      {"description", "One line of Weir's output."},
                      {"oneOf", any},
                      {"$defs", defs}};
    return schema.dump(2) + "\n";
}

} // namespace weir::event
