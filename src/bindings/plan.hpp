// SPDX-License-Identifier: BSD-3-Clause
// Plans as arguments. pybind11 gives a method of an object that __new__ made and __init__ never
// filled (T.__new__(T)) memory with nothing in it; here that is a TypeError.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "quaver/peers/pyaudio.hpp"
#include "quaver/peers/speech_features.hpp"
#include "quaver/pipelines/extract.hpp"
#include "quaver/pipelines/stream.hpp"
#include "quaver/pitch/yin.hpp"
#include "quaver/spectrum/stft.hpp"
#include "quaver/time/resample.hpp"
#include "quaver/voice/balance.hpp"
#include "quaver/voice/egemaps.hpp"
#include "quaver/voice/formants.hpp"
#include "quaver/voice/harmonics.hpp"
#include "quaver/voice/periods.hpp"
#include "quaver/voice/pitch.hpp"

namespace quaver::bindings {

template <class T>
struct PlanCaster : pybind11::detail::type_caster_base<T> {
  bool load(pybind11::handle source, bool convert) {
    const pybind11::handle type = pybind11::detail::get_type_handle(typeid(T), false);
    if (source && type && pybind11::isinstance(source, type)) {
      auto* const object = reinterpret_cast<pybind11::detail::instance*>(source.ptr());
      if (!object->get_value_and_holder().holder_constructed()) {
        throw pybind11::type_error(std::string(Py_TYPE(source.ptr())->tp_name) +
                                   ".__init__ was never called");
      }
    }
    return pybind11::detail::type_caster_base<T>::load(source, convert);
  }
};

}  // namespace quaver::bindings

namespace pybind11::detail {

#define QV_PLAN(Type) \
  template <>         \
  class type_caster<Type> : public quaver::bindings::PlanCaster<Type> {};
QV_PLAN(quaver::BalancePlan)
QV_PLAN(quaver::EgemapsPlan)
QV_PLAN(quaver::Extractor)
QV_PLAN(quaver::FilterBank<float>)
QV_PLAN(quaver::FormantPlan)
QV_PLAN(quaver::HarmonicsPlan)
QV_PLAN(quaver::LogMelPlan)
QV_PLAN(quaver::PeriodsPlan)
QV_PLAN(quaver::PitchPlan)
QV_PLAN(quaver::PyAudioPlan)
QV_PLAN(quaver::ResamplePlan)
QV_PLAN(quaver::Resampling)
QV_PLAN(quaver::SpeechFeaturesPlan)
QV_PLAN(quaver::StftPlan<float>)
QV_PLAN(quaver::StftPlan<double>)
QV_PLAN(quaver::Stream)
QV_PLAN(quaver::YinPlan)
#undef QV_PLAN

}  // namespace pybind11::detail
