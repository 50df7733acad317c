// Objects that are used over and over. Steady state allocates nothing: what was given back is taken again,
// with the memory it had grown. Must never hand out an object twice.
#pragma once

#include <memory>
#include <utility>
#include <vector>

namespace weir::session {

template <class T>
class pool {
public:
    /// A free object as it was given back, or a new one made of the arguments.
    template <class... Arguments>
    [[nodiscard]] T* take(Arguments&&... arguments) {
        if (free_.empty()) {
            all_.push_back(std::make_unique<T>(std::forward<Arguments>(arguments)...));
            free_.reserve(all_.capacity());
            return all_.back().get();
        }
        T* const object = free_.back();
        free_.pop_back();
        return object;
    }

    /// Only what take() answered; never allocates, for take() has reserved the place.
    void give(T* object) noexcept { free_.push_back(object); }

    [[nodiscard]] std::size_t made() const noexcept { return all_.size(); }
    [[nodiscard]] std::size_t in_use() const noexcept { return all_.size() - free_.size(); }

private:
    std::vector<std::unique_ptr<T>> all_;
    std::vector<T*> free_;
};

} // namespace weir::session
